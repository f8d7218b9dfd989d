/**
 * Hazards in how FRR is started: which daemons, with which options. Its static routes are checked
 * in statics.ts.
 */

import { textOf } from '../files.js';
import { type Check, type Finding, found, look, type Outcome } from '../finding.js';
import { type DaemonsOption, daemonsOption, frrInstances } from '../frr-config.js';
import type { Host } from '../host.js';
import { frrDaemons } from '../management.js';

/** frrinit.sh always starts these daemons: the file has no switch for zebra, staticd and mgmtd. */
const ALWAYS: readonly string[] = ['zebra', 'staticd', 'mgmtd', 'watchfrr'];

interface Started {
  /** `/etc/frr/daemons`, or `/etc/frr/NAME/daemons` for a pathspace. */
  readonly path: string;
  readonly sockets: string;
  readonly option: (name: string) => DaemonsOption | undefined;
}

/**
 * A check of the `daemons` file of each FRR instance. Only FRR's own start script reads that file.
 */
function withDaemons(host: Host, judge: (started: Started) => readonly Finding[]): Outcome {
  if (frrDaemons(host).length === 0) return 'not-applicable';
  const outcomes = frrInstances(host).map(({ directory, sockets }) => {
    const path = `${directory}/daemons`;
    return look(textOf(host.files, path), (text) =>
      // Without the file, something else starts FRR.
      text === undefined
        ? 'not-applicable'
        : judge({ path, sockets, option: (name) => daemonsOption(host, path, name) }),
    );
  });
  const looked = outcomes.filter((outcome) => outcome !== 'not-applicable');
  return looked.length === 0 ? 'not-applicable' : looked.flat();
}

export const frrDaemonDisabled: Check = {
  code: 'frr-daemon-disabled',
  title: 'every watched FRR daemon is enabled',
  facts: 'F12',
  run: (host) =>
    withDaemons(host, ({ path, sockets, option: optionOf }) =>
      [
        ...new Set(
          frrDaemons(host).flatMap(({ daemons, socketDirectory }) => (socketDirectory === sockets ? daemons : [])),
        ),
      ].flatMap((daemon) => {
        const option = optionOf(daemon);
        if (ALWAYS.includes(daemon) || /^(yes|true|on|1)$/i.test(option?.value ?? '')) return [];
        // A daemon that runs but is not enabled was started by hand.
        const runs = host.sockets.some(
          (socket) => socket.where === `${sockets}/${daemon}.vty` && socket.outcome === 'answers',
        );
        const now = runs ? ' it runs now, and will not after the next boot, so that' : '';
        const message = `${daemon} is watched, and FRR does not start it:${now} the backup routes stay in for ever.`;
        return found(
          runs ? 'warning' : 'error',
          message,
          [option?.evidence ?? `${path}: no line ${daemon}=`],
          [
            option === undefined
              ? `echo ${daemon}=yes >> ${path} && systemctl restart frr`
              : `sed -i 's/^ *${daemon} *=.*/${daemon}=yes/' ${path} && systemctl restart frr`,
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
    withDaemons(host, ({ option: optionOf }) => {
      const option = optionOf('zebra_options');
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
    withDaemons(host, ({ option: optionOf }) => {
      const option = optionOf('zebra_options');
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
    withDaemons(host, ({ path, option: optionOf }) => {
      const option = optionOf('watchfrr_enable');
      return option === undefined || !/^(no|false|off|0)$/i.test(option.value)
        ? []
        : found(
            'warning',
            `watchfrr is off: an FRR daemon that dies stays dead, and the backup routes in, until
              somebody starts it.`,
            [option.evidence],
            `sed -i 's/^ *watchfrr_enable *=.*/watchfrr_enable=yes/' ${path} && systemctl restart frr`,
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
