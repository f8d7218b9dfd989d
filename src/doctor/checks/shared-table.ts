/**
 * The price of placement main, and of a VRF's table: there the routing daemon reads backup routes
 * (facts F1, F2). With placement local none of this can happen.
 */

import { realmOf } from '../../core/management.js';
import { BIRD_FILES, birdLines } from '../bird-config.js';
import { unreadableOf, valueOf } from '../files.js';
import { type Check, finding, found, look, type Outcome, unknown } from '../finding.js';
import { type FrrLine, frrLines, frrLineText } from '../frr-config.js';
import type { Host } from '../host.js';
import { managed, sharesTable } from '../management.js';

function whereShared(host: Host, judge: () => Outcome): Outcome {
  // The placement of the file suffices to say no only where no VRF is in play, which the kernel
  // knows.
  return look(host.kernel, (kernel) => (sharesTable(host, kernel) ? judge() : 'not-applicable'));
}

/** A check for lines of FRR's configuration. */
function frrCheck(
  code: string,
  title: string,
  facts: string,
  wanted: (line: FrrLine) => boolean,
  say: (lines: readonly FrrLine[]) => { readonly message: string; readonly remedy: string },
): Check {
  return {
    code,
    title,
    facts,
    run: (host) => {
      if (!host.config.routingDaemons.some(({ kind }) => kind === 'frr')) return 'not-applicable';
      return whereShared(host, () => {
        const { lines, why } = frrLines(host);
        const hits = lines.filter(wanted);
        if (hits.length === 0) return why === undefined ? [] : unknown(why, 'sudo backup-router doctor');
        const { message, remedy } = say(hits);
        return found('warning', message, hits.map(frrLineText), remedy);
      });
    },
  };
}

const LOCAL = '# or, which has none of these effects, in the configuration of backup-router:\nplacement: local';

export const redistributeKernel: Check = frrCheck(
  'redistribute-kernel',
  'FRR does not redistribute kernel routes',
  'F2',
  ({ text }) => /^redistribute kernel\b/.test(text),
  ([line]) => ({
    message: `FRR redistributes kernel routes: while the backup routes are in, it announces them to its neighbours, and draws
        their traffic to the management network.`,
    remedy: [
      `vtysh -c 'configure terminal'${line?.block === undefined ? '' : ` -c '${line.block}'`} -c 'no redistribute kernel'`,
      '# (within the address-family where it stands)',
      LOCAL,
    ].join('\n'),
  }),
);

export const networkDefault: Check = frrCheck(
  'network-default',
  'FRR announces no default route because of a backup route',
  'F2',
  ({ text }) => /^network (0\.0\.0\.0\/0|::\/0)\b/.test(text),
  () => ({
    message: `A \`network\` statement for the default route is satisfied by the backup default: FRR then announces itself as
        the way out.`,
    remedy: `# announce by default-originate with a route-map instead, or\n${LOCAL}`,
  }),
);

export const defaultOriginate: Check = frrCheck(
  'default-originate',
  'no routing protocol of FRR announces the backup default',
  'F1, F2',
  ({ text, block }) =>
    /^router (ospf6?|isis)\b/.test(block ?? '') &&
    /^default-information originate\b/.test(text) &&
    !/\balways\b/.test(text),
  ([line]) => ({
    message: `\`default-information originate\` announces a default route whenever there is one, the backup default too: neighbours
        then send their traffic here, and on to the management network.`,
    remedy: [
      `vtysh -c 'configure terminal' -c '${line?.block ?? 'router ospf'}' -c 'no ${line?.text ?? 'default-information originate'}'`,
      '# or with a route-map that matches the default route that is meant',
      LOCAL,
    ].join('\n'),
  }),
);

export const nhtResolveViaDefault: Check = {
  code: 'nht-resolve-via-default',
  title: 'BGP next hops do not resolve through the default route',
  facts: 'F2, F18',
  run: (host) => {
    if (!host.config.routingDaemons.some(({ kind }) => kind === 'frr')) return 'not-applicable';
    return whereShared(host, () => {
      const { evidence, why } = resolvesViaDefault(host);
      if (evidence.length === 0) return why === undefined ? [] : unknown(why, "vtysh -c 'show ip nht' | head -2");
      return found(
        'warning',
        `Next hops may resolve through the default route, so through the backup default: sessions and routes that should
        be down stay up, by way of the management network.`,
        evidence,
        `vtysh -c 'configure terminal' -c 'no ip nht resolve-via-default'\n${LOCAL}`,
      );
    });
  },
};

/** zebra's own word first; then what is configured; then what this version does by itself. */
function resolvesViaDefault(host: Host): { readonly evidence: readonly string[]; readonly why: string | undefined } {
  const said = host.nexthopTracking?.filter(({ text }) => /resolve via default: on/i.test(text)) ?? [];
  if (said.length > 0)
    return { evidence: said.map(({ command }) => `zebra, '${command}': Resolve via default: on`), why: undefined };
  if (host.nexthopTracking?.some(({ text }) => /resolve via default: off/i.test(text)) === true)
    return { evidence: [], why: undefined };
  const { lines, why } = frrLines(host);
  const on = lines.filter(({ text }) => /^(ip|ipv6) nht resolve-via-default\b/.test(text));
  if (on.length > 0) return { evidence: on.map(frrLineText), why: undefined };
  if (lines.some(({ text }) => /^no (ip|ipv6) nht resolve-via-default\b/.test(text)))
    return { evidence: [], why: undefined };
  if (why !== undefined) return { evidence: [], why };
  const version = lines.find(({ text }) => /^frr version \d/.test(text));
  const [, major, minor] = /^frr version (\d+)\.(\d+)/.exec(version?.text ?? '') ?? [];
  if (version === undefined || major === undefined)
    return { evidence: [], why: 'whether it is on by default depends on the version of FRR, which is not known' };
  // Since 9.1 it is part of the traditional defaults; `datacenter` has it longer.
  const modern = Number(major) > 9 || (Number(major) === 9 && Number(minor) >= 1);
  const datacenter = lines.find(({ text }) => /^frr defaults datacenter/.test(text));
  if (!modern && datacenter === undefined) return { evidence: [], why: undefined };
  return { evidence: [`${frrLineText(modern ? version : datacenter!)}: on by default`], why: undefined };
}

export const transitForwarding: Check = {
  code: 'transit-forwarding',
  title: 'transit packets cannot take a backup route',
  facts: 'K11, F2',
  run: (host) =>
    look(host.kernel, (kernel) => {
      if (host.config.placement !== 'main') return 'not-applicable';
      const inMain = managed(host, kernel).filter(({ link }) => realmOf(link, kernel.snapshot).vrf === undefined);
      const families = new Set(
        inMain.flatMap(({ management }) => management.backupRouters.map(({ family }) => family)),
      );
      const paths = [
        ...(families.has('inet') ? ['/proc/sys/net/ipv4/ip_forward'] : []),
        ...(families.has('inet6') ? ['/proc/sys/net/ipv6/conf/all/forwarding'] : []),
      ];
      const on = paths.filter((path) => valueOf(host.files, path) === '1');
      if (on.length > 0)
        return found(
          'warning',
          `placement is main and this host forwards: packets of others without a better route
            leave by the backup router, into the management network.`,
          on.map((path) => `${path} = 1`),
          `# in ${host.configuration.file}:\nplacement: local`,
        );
      const missing = paths.filter((path) => valueOf(host.files, path) === undefined);
      return missing.length > 0 ? unknown(`${missing[0]} cannot be read`) : [];
    }),
};

export const birdLearn: Check = {
  code: 'bird-learn',
  title: 'BIRD does not learn backup routes from the kernel',
  facts: 'F2, F3, B2',
  run: (host) => {
    if (!host.config.routingDaemons.some(({ kind }) => kind === 'bird')) return 'not-applicable';
    return whereShared(host, () =>
      birdCheck(host, /^learn\b(?!\s+(off|no)\b)/, (evidence) =>
        finding(
          'warning',
          `BIRD learns foreign routes of a kernel table (\`learn\`): the backup routes enter its
            table, and its exports.`,
          evidence,
          ['# in the kernel protocol, an import filter:', `import where krt_source != ${host.config.routeProtocol};`],
        ),
      ),
    );
  },
};

export const birdPersist: Check = {
  code: 'bird-persist',
  title: 'BIRD takes its routes away when it stops in order',
  facts: 'B2',
  run: (host) =>
    host.config.routingDaemons.some(({ kind }) => kind === 'bird')
      ? birdCheck(host, /^persist\b(?!\s+(off|no)\b)/, (evidence) =>
          finding(
            'note',
            `BIRD leaves its routes in the kernel when it stops (\`persist\`): they are stale
              then, and beat the backup routes for stale.preempt-after.`,
            evidence,
          ),
        )
      : 'not-applicable',
};

function birdCheck(
  host: Host,
  pattern: RegExp,
  say: (evidence: readonly string[]) => ReturnType<typeof finding>,
): Outcome {
  const { lines, why, any } = birdLines(host.files);
  const hits = lines.filter(({ text }) => text.split(/[;{]/).some((statement) => pattern.test(statement.trim())));
  if (hits.length > 0) return [say(hits.map(({ where, text }) => `${where}: ${text}`))];
  if (why === undefined) return [];
  const closed = any || unreadableOf(host.files, BIRD_FILES) !== undefined;
  return unknown(why, closed ? 'sudo backup-router doctor' : undefined);
}
