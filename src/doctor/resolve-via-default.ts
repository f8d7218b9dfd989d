/**
 * Whether zebra resolves next hops by the default route (facts F2, F18). zebra's own answer comes
 * first, then its configuration, then the default of its version. Pure.
 */

import { type FrrLine, frrInstances, frrLines, frrLineText, vtysh } from './frr-config.js';
import type { Host } from './host.js';

interface Resolution {
  /** What shows that it does. Empty: it does not, or `why` is set. */
  readonly evidence: readonly string[];
  /** Why it cannot be determined. */
  readonly why: string | undefined;
  /** Commands that turn it off if it is on. */
  readonly remedy: readonly string[];
}

const FAMILIES = ['ip', 'ipv6'] as const;
const OFF: Resolution = { evidence: [], why: undefined, remedy: [] };

export function resolvesViaDefault(host: Host): Resolution {
  const parts = frrInstances(host).flatMap(({ sockets }) =>
    FAMILIES.map((family) => resolution(host, sockets, family)),
  );
  return {
    evidence: [...new Set(parts.flatMap(({ evidence }) => evidence))],
    why: parts.find(({ why }) => why !== undefined)?.why,
    remedy: [...new Set(parts.flatMap(({ remedy }) => remedy))],
  };
}

function resolution(host: Host, sockets: string, family: 'ip' | 'ipv6'): Resolution {
  const on = (evidence: readonly string[], vrf?: string): Resolution => ({
    evidence,
    why: undefined,
    remedy: [
      vtysh(sockets, [
        'configure terminal',
        ...(vrf === undefined ? [] : [`vrf ${vrf}`]),
        `no ${family} nht resolve-via-default`,
      ]),
    ],
  });
  const answers = (host.nexthopTracking ?? []).filter(
    (answer) => answer.sockets === sockets && answer.command.split(' ')[1] === family,
  );
  const sections = answers.flatMap(({ command, text }) => sectionsOf(text).map((section) => ({ command, ...section })));
  const said = sections.filter((section) => section.on);
  if (said.length > 0) {
    const [first] = said;
    return on(
      said.map(
        ({ command, vrf }) => `zebra, '${command}'${vrf === 'default' ? '' : `, VRF ${vrf}`}: Resolve via default: on`,
      ),
      first?.vrf === 'default' ? undefined : first?.vrf,
    );
  }
  if (sections.length > 0) return OFF;
  const all = frrLines(host);
  const lines = all.lines.filter((line) => line.sockets === sockets);
  const ours = (pattern: string): readonly FrrLine[] =>
    lines.filter(({ text }) => new RegExp(`^${pattern}${family} nht resolve-via-default\\b`).test(text));
  const configured = ours('');
  if (configured.length > 0)
    return on(configured.map(frrLineText), /^vrf (\S+)/.exec(configured[0]?.within[0] ?? '')?.[1]);
  if (ours('no ').length > 0) return OFF;
  if (all.why !== undefined) return { evidence: [], why: all.why, remedy: [] };
  return byVersion(lines, on);
}

/** It is on by default since FRR 9.1; the `datacenter` defaults had it before. */
function byVersion(lines: readonly FrrLine[], on: (evidence: readonly string[]) => Resolution): Resolution {
  // The last version line wins: lines of running daemons come after those of files.
  const version = lines.findLast(({ text }) => /^frr version \d/.test(text));
  const [, major, minor] = /^frr version (\d+)\.(\d+)/.exec(version?.text ?? '') ?? [];
  if (version === undefined || major === undefined)
    return {
      evidence: [],
      why: 'whether it is on by default depends on the version of FRR, which is not known',
      remedy: [],
    };
  const modern = Number(major) > 9 || (Number(major) === 9 && Number(minor) >= 1);
  const datacenter = lines.findLast(({ text }) => /^frr defaults datacenter/.test(text));
  if (!modern && datacenter === undefined) return OFF;
  return on([`${frrLineText(modern ? version : datacenter!)}: on by default`]);
}

/**
 * The sections of `show ip nht`: `VRF red:` and ` Resolve via default: on`. Before VRFs, FRR
 * printed no header.
 */
function sectionsOf(text: string): readonly { readonly vrf: string; readonly on: boolean }[] {
  let vrf = 'default';
  return text.split('\n').flatMap((line) => {
    vrf = /^VRF (\S+):/.exec(line.trim())?.[1] ?? vrf;
    const word = /resolve via default: (on|off)/i.exec(line)?.[1]?.toLowerCase();
    return word === undefined ? [] : [{ vrf, on: word === 'on' }];
  });
}
