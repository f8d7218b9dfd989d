/**
 * Recognizes configurations of other programs that are named by mistake, by a line that none of our
 * files has.
 */

import { type Fault, quote } from './diagnostic.js';
import { looksLikeJunos } from './junos/detect.js';
import type { Span } from './report.js';

interface Program {
  readonly name: string;
  /** The fault is reported at its first match. */
  readonly line: RegExp;
  /** What the text is, if it is not the configuration of a program. */
  readonly what?: string;
  /** What to do with it, if the remedy is not to write a configuration. */
  readonly remedy?: string;
  /** Finds a gateway in such a file; its one group is the address. */
  readonly gateway?: RegExp;
  /** Finds an interface; its one group is the name. */
  readonly interface?: RegExp;
}

const PROGRAMS: readonly Program[] = [
  {
    name: 'sh',
    what: 'a shell script, or commands of ip(8)',
    line: /^(?:#!.*\b(?:ba|da|k|z)?sh\b.*|[ \t]*(?:sudo[ \t]+)?ip[ \t]+(?:-[46][ \t]+)?r(?:oute|o)?[ \t]+(?:add|replace|change|del)\b.*)$/m,
    gateway: /\bvia[ \t]+([\d.]+)/,
    interface: /\bdev[ \t]+([\w.-]+)/,
  },
  { name: 'xml', what: 'XML or HTML', line: /^[ \t]*<(?:\?xml|!DOCTYPE|html|svg)\b.*$/im },
  {
    name: 'git',
    what: 'a patch',
    line: /^(?:diff --git |@@ -\d+(?:,\d+)? \+\d|\+\+\+ ).*$/m,
    remedy: 'apply it: patch -p1 < FILE',
  },
  {
    name: 'kubectl',
    what: 'a manifest of Kubernetes',
    line: /^apiVersion:.*$/m,
    remedy: "what is read is the file in it: the text below 'config.yaml: |', without its indentation",
  },
  {
    name: 'VyOS',
    line: /^set (?:interfaces (?:ethernet|bonding|dummy|loopback)|protocols static)\b.*$/m,
    gateway: /next-hop[ \t]+'?([\d.]+)/,
    interface: /^set interfaces ethernet ([\w.-]+)/m,
  },
  {
    name: 'IOS',
    line: /^ip (?:default-gateway [\d.]+|route [\d.]+ (?:255|0)\.[\d.]+ \S+).*$/m,
    gateway: /^ip (?:default-gateway|route 0\.0\.0\.0 0\.0\.0\.0) ([\d.]+)/m,
  },
  {
    name: 'keepalived',
    line: /^(?:vrrp_\w+|global_defs|virtual_server)\b.*$/m,
    interface: /^[ \t]+interface[ \t]+([\w.-]+)/m,
  },
  {
    name: 'netplan',
    line: /^network:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ \t]+(?:version|renderer|ethernets|vlans|bonds|bridges):/m,
    gateway: /^[ \t]+(?:gateway4|via):[ \t]*["']?([\d.]+)/m,
    interface: /^[ \t]+ethernets:[ \t]*\r?\n[ \t]+([\w.-]+):/m,
  },
  {
    name: 'netplan',
    line: /^[ \t]*(?:gateway4|gateway6|ethernets):.*$/m,
    gateway: /^[ \t]*gateway4:[ \t]*["']?([\d.]+)/m,
    interface: /^[ \t]*ethernets:[ \t]*\r?\n[ \t]+([\w.-]+):/m,
  },
  {
    name: 'systemd-networkd',
    line: /^\[(?:Match|Network|NetDev|Route|RoutingPolicyRule|DHCPv4|Address)\][ \t]*\r?$/m,
    gateway: /^Gateway[ \t]*=[ \t]*([\d.]+)/m,
    interface: /^Name[ \t]*=[ \t]*([\w.-]+)[ \t\r]*$/m,
  },
  {
    name: 'NetworkManager',
    line: /^\[(?:main|keyfile|connection|ipv4|ipv6|802-3-ethernet|ethernet)\][ \t]*\r?$/m,
    gateway: /^(?:gateway|address1)[ \t]*=[ \t]*(?:[\d.]+\/\d+[,;])?([\d.]+)[ \t;\r]*$/m,
    interface: /^interface-name[ \t]*=[ \t]*([\w.-]+)/m,
  },
  {
    name: 'ifupdown',
    line: /^(?:iface[ \t]+\S+[ \t]+inet6?[ \t]+\w+|auto[ \t]+\S+|allow-hotplug[ \t]+\S+)[ \t]*\r?$/m,
    gateway: /^[ \t]+gateway[ \t]+([\d.]+)/m,
    interface: /^iface[ \t]+(?!lo\b)([\w.-]+)[ \t]+inet/m,
  },
  {
    name: 'network-scripts',
    line: /^(?:DEVICE|BOOTPROTO|ONBOOT|IPADDR|GATEWAY)=.*$/m,
    gateway: /^GATEWAY=["']?([\d.]+)/m,
    interface: /^DEVICE=["']?([\w.-]+)/m,
  },
  {
    name: 'FRR',
    line: /^(?:frr (?:version|defaults)\b.*|router (?:bgp|ospf6?|isis)\b.*|ip route [\d.]+\/\d+ \S+.*|ipv6 route \S+\/\d+ \S+.*)$/m,
    gateway: /^ip route 0\.0\.0\.0\/0 ([\d.]+)/m,
  },
  {
    name: 'BIRD',
    line: /^(?:router id [\d.]+;|(?:protocol|template) (?:bgp|ospf|kernel|device|static|direct)\b.*\{?|include "[^"\n]*";|log syslog\b.*;)[ \t]*\r?$/m,
  },
  {
    name: 'dhclient',
    line: /^interface "[^"\n]+"[ \t]*\{[ \t]*\r?$/m,
    gateway: /\brouters[ \t]+([\d.]+)/,
    interface: /^interface "([\w.-]+)"/m,
  },
];

/** A configuration of ours has one of these at the start of a line. */
const OURS = /^["']?(?:management-interface|(?:inet6-)?backup-router)["']?[ \t]*:/m;
const HEAD = 1 << 16;

/** A Junos statement or command with other text around it: output of a search, a list, quotes. */
const WRAPPED =
  /^[ \t]*(\S[^\n]*?)??((?:set[ \t]+)?(?:system[ \t]+)?(?:inet6-)?backup-router[ \t]+[\da-f.:]{3,45}(?=[ \t;"'`,]|$)[^\n]*)/m;

/** Position and fault if the text is another program's configuration. */
export function foreignFault(text: string): { readonly span: Span; readonly fault: Fault } | undefined {
  const head = text.slice(0, HEAD);
  if (OURS.test(head)) return undefined;
  for (const program of PROGRAMS) {
    const found = program.line.exec(head);
    if (found === null) continue;
    const start = found.index + found[0].search(/\S/);
    const length = /^[^\r\n]*/.exec(head.slice(start))![0].length;
    const gateway = program.gateway?.exec(head)?.[1] ?? '192.0.2.1';
    const name = program.interface?.exec(head)?.[1] ?? 'eth0';
    return {
      span: { start, end: start + length },
      fault: {
        code: 'wrong-type',
        message: `this is ${program.what ?? `a configuration of ${program.name}`}`,
        suggestion:
          program.remedy ??
          `the smallest one of backup-router is\nmanagement-interface: ${name}\nbackup-router:\n  address: ${gateway}`,
      },
    };
  }
  return wrappedCommand(head);
}

function wrappedCommand(head: string): { readonly span: Span; readonly fault: Fault } | undefined {
  const found = /backup-router[ \t]+[\da-f]/.test(head) ? WRAPPED.exec(head) : null;
  if (found === null || looksLikeJunos(head)) return undefined;
  const before = found[1]?.trimEnd() ?? '';
  const start = found.index + found[0].search(/\S/);
  return {
    span: { start, end: found.index + found[0].length },
    fault: {
      code: 'wrong-type',
      message: `this is Junos text with ${before === '' ? 'something around it' : `${quote(before)} in front of it`}`,
      suggestion: "write the lines alone, as 'show configuration | display set | no-more' prints them",
    },
  };
}
