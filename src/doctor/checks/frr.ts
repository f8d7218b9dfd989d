/**
 * Hazards in how FRR is set up: what it starts, with which options, and statics that meet the
 * destinations.
 */

import { realmOf } from '../../core/management.js';
import { familyOf, parseAddress } from '../../model/address.js';
import { containsAddress, containsPrefix, parsePrefix, prefix, prefixText, samePrefix } from '../../model/prefix.js';
import { textOf } from '../files.js';
import { type Check, found, look, type Outcome, unknown } from '../finding.js';
import { daemonsOption, frrLines, frrLineText } from '../frr-config.js';
import type { Host } from '../host.js';
import { frrDaemons, leavesBy, managed, shown } from '../management.js';

const DAEMONS = '/etc/frr/daemons';
/** Started by frrinit.sh whatever the file says: zebra, staticd and mgmtd have no switch in it. */
const ALWAYS: readonly string[] = ['zebra', 'staticd', 'mgmtd', 'watchfrr'];

/** A check of /etc/frr/daemons, which only FRR's own unit reads. */
function withDaemons(host: Host, judge: () => Outcome): Outcome {
  if (frrDaemons(host).length === 0) return 'not-applicable';
  // Where the file is not there, FRR is started by something else.
  return look(textOf(host.files, DAEMONS), (text) => (text === undefined ? 'not-applicable' : judge()));
}

export const frrDaemonDisabled: Check = {
  code: 'frr-daemon-disabled',
  title: 'every watched FRR daemon is enabled',
  facts: 'F12',
  run: (host) =>
    withDaemons(host, () =>
      [...new Set(frrDaemons(host).flatMap(({ daemons }) => daemons))].flatMap((daemon) => {
        const option = daemonsOption(host, daemon);
        if (ALWAYS.includes(daemon) || /^(yes|true|on|1)$/i.test(option?.value ?? '')) return [];
        // Those that run although they are not enabled were started by hand.
        const runs = host.sockets.some((socket) => socket.id === `frr/${daemon}` && socket.outcome === 'answers');
        const now = runs ? ' it runs now, and will not after the next boot, so that' : '';
        const message = `${daemon} is watched, and FRR does not start it:${now} the backup routes stay in for ever.`;
        return found(
          runs ? 'warning' : 'error',
          message,
          [option?.evidence ?? `${DAEMONS}: no line ${daemon}=`],
          [
            `sed -i 's/^${daemon}=no/${daemon}=yes/' ${DAEMONS} && systemctl restart frr`,
            `# or remove ${daemon} from routing-daemon in ${host.configuration.file}`,
          ],
        );
      }),
    ),
};

export const frrZebraKeepsRoutes: Check = {
  code: 'frr-zebra-keeps-routes',
  title: 'zebra takes its routes away when it stops in order',
  facts: 'F5',
  run: (host) =>
    withDaemons(host, () => {
      const option = daemonsOption(host, 'zebra_options');
      const words = option?.value.split(/\s+/) ?? [];
      if (!words.some((word) => word === '--retain' || (/^-[a-zA-Z]*r/.test(word) && !word.startsWith('--'))))
        return [];
      return found(
        'note',
        `zebra is started with -r (--retain): after an orderly stop its routes stay, stale, and
          beat the backup routes for stale.preempt-after.`,
        [option!.evidence],
      );
    }),
};

export const frrZebraSweepsLate: Check = {
  code: 'frr-zebra-sweeps-late',
  title: 'a restarted zebra sweeps stale routes at once',
  facts: 'F5',
  run: (host) =>
    withDaemons(host, () => {
      const option = daemonsOption(host, 'zebra_options');
      const seconds = /(?:^|\s)(?:-K|--graceful_restart)[\s=]*(\d+)/.exec(option?.value ?? '')?.[1];
      return seconds === undefined || seconds === '0'
        ? []
        : found(
            'note',
            `zebra is started with -K ${seconds}: routes of its former life stay for ${seconds} s
              after it is back. They count as stale until zebra confirms them.`,
            [option!.evidence],
          );
    }),
};

export const frrWatchfrr: Check = {
  code: 'frr-watchfrr-off',
  title: 'watchfrr restarts FRR daemons that die',
  facts: 'F5, F12',
  run: (host) =>
    withDaemons(host, () => {
      const option = daemonsOption(host, 'watchfrr_enable');
      return option === undefined || !/^(no|false|off|0)$/i.test(option.value)
        ? []
        : found(
            'warning',
            `watchfrr is off: an FRR daemon that dies stays dead, and the backup routes in, until
              somebody starts it.`,
            [option.evidence],
            `sed -i 's/^watchfrr_enable=.*/watchfrr_enable=yes/' ${DAEMONS} && systemctl restart frr`,
          );
    }),
};

export const unitOfFrr: Check = {
  code: 'unit-of-frr',
  title: 'FRR is watched by its sockets, not by its unit',
  facts: 'F12',
  run: (host) =>
    host.config.routingDaemons.flatMap((daemon) =>
      daemon.kind === 'unit' && /^frr(@.*)?\.service$/.test(daemon.unit)
        ? found(
            'warning',
            `${daemon.unit} stays active when zebra or bgpd dies: its main process is watchfrr.
              Their death, and a hang, would go unnoticed.`,
            [`routing-daemon: unit: ${daemon.unit}`],
            `# in ${host.configuration.file}:\nrouting-daemon:\n  - frr: {daemons: [zebra, bgpd]}`,
          )
        : [],
    ),
};

export const staticOverlap: Check = {
  code: 'static-overlap',
  title: "no static route of FRR's through the management interface meets a destination",
  facts: 'F4, K13',
  run: (host) =>
    look(host.kernel, (kernel) => {
      const all = managed(host, kernel);
      const meets = (destination: string): boolean => {
        const p = parsePrefix(destination);
        // Of one length or longer: a shorter static never takes anything from a backup route, which
        // is what the vendor asks for.
        return (
          p !== undefined &&
          all.some(({ management }) =>
            management.backupRouters.some((router) =>
              router.destinations.some((mine) => samePrefix(mine, p) || (mine.length > 0 && containsPrefix(mine, p))),
            ),
          )
        );
      };
      const inKernel = kernel.frrStatics
        .filter((route) => all.some(({ link }) => leavesBy(route, link)) && meets(prefixText(route.destination)))
        .map((route) => shown(kernel, route));
      const { lines, why } = frrLines(host);
      const inConfig = lines.filter(({ text, block }) => {
        const [, destination, via] = /^(?:ip|ipv6) route (\S+) (\S+)/.exec(text) ?? [];
        const vrf = vrfOf(text, block);
        return (
          destination !== undefined &&
          via !== undefined &&
          meets(destination) &&
          all.some(
            ({ link }) =>
              link !== undefined &&
              vrf === realmOf(link, kernel.snapshot).vrf &&
              (via === link.name || text.split(/\s+/).includes(link.name) || onSubnet(host, via, link.index)),
          )
        );
      });
      const refusing = lines.filter(({ text, block }) => {
        const [, destination, via] = /^(?:ip|ipv6) route (\S+) (\S+)/.exec(text) ?? [];
        const inRealm = all.some(({ link }) => vrfOf(text, block) === realmOf(link, kernel.snapshot).vrf);
        return (
          inRealm && destination !== undefined && /^(?:blackhole|reject|null0)$/i.test(via ?? '') && meets(destination)
        );
      });
      if (refusing.length > 0 && inConfig.length + inKernel.length === 0)
        return found(
          'warning',
          `FRR has static routes that drop what is a destination, or part of one: while they stand,
            no backup route carries it.`,
          refusing.map(frrLineText),
          `vtysh -c 'configure terminal' -c 'no ${refusing[0]!.text}'`,
        );
      const evidence = [...inConfig.map(frrLineText), ...inKernel, ...refusing.map(frrLineText)];
      if (evidence.length > 0)
        return found(
          'warning',
          `FRR has static routes through the management interface for what is a destination, or
            part of one. They beat the backup routes; left behind by a crash they go on doing so,
            those more specific for as long as they stand.`,
          [...new Set(evidence)],
          [
            `# as the vendor's document says, destinations more specific than the statics; or remove them:`,
            `vtysh -c 'configure terminal' -c 'no ${inConfig[0]?.text ?? 'ip route PREFIX GATEWAY'}'`,
          ],
        );
      if (frrDaemons(host).length === 0) return [];
      return why === undefined ? [] : unknown(why, 'sudo backup-router doctor');
    }),
};

/** Where the next hop is looked up: `nexthop-vrf` before `vrf` before the block; undefined: in no VRF. */
function vrfOf(text: string, block: string | undefined): string | undefined {
  const name =
    /\bnexthop-vrf (\S+)/.exec(text)?.[1] ?? /\bvrf (\S+)/.exec(text)?.[1] ?? /^vrf (\S+)/.exec(block ?? '')?.[1];
  return name === 'default' ? undefined : name;
}

function onSubnet(host: Host, text: string, interfaceIndex: number): boolean {
  const gateway = parseAddress(text);
  if (gateway === undefined || host.kernel.kind === 'unseen') return false;
  return host.kernel.value.snapshot.addresses.some(
    (own) =>
      own.interfaceIndex === interfaceIndex &&
      own.family === familyOf(gateway) &&
      containsAddress(prefix(own.address, own.length), gateway),
  );
}
