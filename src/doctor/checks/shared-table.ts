/**
 * Side effects of placement main and of a VRF's table: the routing daemon reads the backup routes
 * there (facts F1, F2). With placement local none of this happens. BIRD is checked in bird.ts.
 */

import { realmOf } from '../../core/management.js';
import type { Family } from '../../model/address.js';
import { valueOf } from '../files.js';
import { type Check, found, look, type Outcome, unknown } from '../finding.js';
import { type FrrLine, frrLines, frrLineText, removalOf } from '../frr-config.js';
import type { Host, KernelEvidence } from '../host.js';
import { managed, sharesTable } from '../management.js';
import { resolvesViaDefault } from '../resolve-via-default.js';

export function whereShared(host: Host, judge: (kernel: KernelEvidence) => Outcome): Outcome {
  // Placement local alone does not exclude this: an interface may be in a VRF, which only the
  // kernel knows.
  return look(host.kernel, (kernel) => (sharesTable(host, kernel) ? judge(kernel) : 'not-applicable'));
}

/** A check of the lines of FRR's configuration. */
function frrCheck(
  code: string,
  title: string,
  facts: string,
  wanted: (line: FrrLine) => boolean,
  say: { readonly message: string; readonly instead: readonly string[] },
): Check {
  return {
    code,
    title,
    facts,
    run: (host) => {
      if (!host.config.routingDaemons.some(({ kind }) => kind === 'frr')) return 'not-applicable';
      return whereShared(host, (kernel) => {
        const { lines, why } = frrLines(host);
        const hits = lines.filter((line) => wanted(line) && concerns(host, kernel, line));
        if (hits.length === 0) return why === undefined ? [] : unknown(why, 'sudo backup-router doctor');
        return found('warning', say.message, hits.map(frrLineText), [
          ...removalOf(hits),
          ...say.instead,
          ...orLocal(host),
        ]);
      });
    },
  };
}

/** Whether the line is about a VRF and a family in which there are backup routes. */
function concerns(host: Host, kernel: KernelEvidence, { text, within }: FrrLine): boolean {
  const vrf = /\bvrf (\S+)/.exec(within[0] ?? '')?.[1];
  const family: Family = /\bipv6\b|^router (?:ospf6|ripng)\b|(?:^| )::\/0/.test([...within, text].join(' '))
    ? 'inet6'
    : 'inet';
  return managed(host, kernel).some(
    ({ link, management }) =>
      realmOf(link, kernel.snapshot).vrf === (vrf === 'default' ? undefined : vrf) &&
      management.backupRouters.some((router) => router.family === family),
  );
}

/**
 * Suggests placement local. In a VRF it would not help: there the backup routes are in the VRF's
 * table, whatever the placement.
 */
function orLocal({ config }: Host): readonly string[] {
  return config.placement === 'main'
    ? ['# or, which has none of these effects, in the configuration of backup-router:', 'placement: local']
    : [];
}

export const redistributeKernel: Check = frrCheck(
  'redistribute-kernel',
  'FRR does not redistribute kernel routes',
  'F2',
  ({ text }) => /^redistribute (?:ipv[46] )?kernel\b/.test(text),
  {
    message: `FRR redistributes kernel routes: while the backup routes are in, it announces them to its neighbours, and draws
        their traffic to the management network.`,
    instead: [],
  },
);

export const networkDefault: Check = frrCheck(
  'network-default',
  'FRR announces no default route because of a backup route',
  'F2',
  ({ text }) => /^network (0\.0\.0\.0\/0|::\/0)(?=\s|$)/.test(text),
  {
    message: `A \`network\` statement for the default route is satisfied by the backup default: FRR then announces itself as
        the way out.`,
    instead: ['# and announce by default-originate with a route-map instead'],
  },
);

export const defaultOriginate: Check = frrCheck(
  'default-originate',
  'no routing protocol of FRR announces the backup default',
  'F1, F2',
  ({ text, within: [block = ''] }) =>
    /^router (ospf6?|isis)\b/.test(block) && /^default-information originate\b/.test(text) && !/\balways\b/.test(text),
  {
    message: `\`default-information originate\` announces a default route whenever there is one, the backup default too: neighbours
        then send their traffic here, and on to the management network.`,
    instead: ['# or with a route-map that matches the default route that is meant'],
  },
);

export const nhtResolveViaDefault: Check = {
  code: 'nht-resolve-via-default',
  title: 'BGP next hops do not resolve through the default route',
  facts: 'F2, F18',
  run: (host) => {
    if (!host.config.routingDaemons.some(({ kind }) => kind === 'frr')) return 'not-applicable';
    return whereShared(host, () => {
      const { evidence, why, remedy } = resolvesViaDefault(host);
      if (evidence.length === 0) return why === undefined ? [] : unknown(why, "vtysh -c 'show ip nht' | head -2");
      return found(
        'warning',
        `Next hops may resolve through the default route, so through the backup default: sessions and routes that should
        be down stay up, by way of the management network.`,
        evidence,
        [...remedy, ...orLocal(host)],
      );
    });
  },
};

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
