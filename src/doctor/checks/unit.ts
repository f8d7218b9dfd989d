/**
 * Hazards in how systemd starts the agent: its unit is missing, masked, not enabled, failed, or of
 * another version. The settings of the unit are checked in unit-settings.ts. Judged from files and
 * `systemctl show`.
 */

import type { FoundFile } from '../files.js';
import { exists, type FileEntry, unreadableOf } from '../files.js';
import { type Check, found, look, type Outcome, unknown } from '../finding.js';
import type { Host } from '../host.js';
import { UNIT, UNIT_FILE, unitFiles } from '../identity.js';
import { SYSTEMD_DIRECTORIES } from '../ini.js';

/** Judges the unit's files, main file first. Not applicable without systemd or without the unit. */
export function withUnit(host: Host, judge: (files: readonly FoundFile[]) => Outcome): Outcome {
  if (!hasSystemd(host)) return 'not-applicable';
  const why = closed(host);
  if (why !== undefined) return unknown(why, 'sudo backup-router doctor');
  const files = unitFiles(host.files);
  return files[0]?.path.endsWith(`/${UNIT_FILE}`) === true && masked(host) === undefined
    ? judge(files)
    : 'not-applicable';
}

/** Whether systemd runs as PID 1: /run/systemd/system exists (sd_booted(3)). */
export function hasSystemd(host: Host): boolean {
  return exists(host.files, '/run/systemd/system');
}

function mainFile(host: Host): string | undefined {
  return SYSTEMD_DIRECTORIES.map((directory) => `${directory}/system/${UNIT_FILE}`).find((path) =>
    exists(host.files, path),
  );
}

/** Why the unit or a drop-in of it cannot be read. */
function closed(host: Host): string | undefined {
  return unreadableOf(
    host.files,
    SYSTEMD_DIRECTORIES.flatMap((directory) => [`${directory}/system/${UNIT_FILE}`, `${directory}/system/${UNIT}.d`]),
  );
}

function masked(host: Host): string | undefined {
  const path = mainFile(host);
  const entry: FileEntry | undefined = path === undefined ? undefined : host.files.get(path);
  return entry?.kind === 'file' && (entry.target === '/dev/null' || entry.text === '') ? path : undefined;
}

/**
 * The links in `*.wants` and `*.requires` directories that `systemctl enable` creates for the
 * unit.
 */
export function linksTo(host: Host, unit: string): readonly string[] {
  return [...host.files].flatMap(([path, { kind }]) =>
    kind === 'file' && /\.(wants|requires)\/[^/]+$/.test(path) && path.endsWith(`/${unit}`) ? [path] : [],
  );
}

/** Why such links may exist unseen; undefined: all directories were listed. */
export function enablingHidden(host: Host): string | undefined {
  for (const [path, entry] of host.files)
    if (entry.kind === 'unreadable' && /\/systemd\/system(\/[^/]+\.(wants|requires)(\/.*)?)?$/.test(path))
      return `${path}: ${entry.why}`;
  return undefined;
}

export const noSystemd: Check = {
  code: 'no-systemd',
  title: 'systemd starts the agent, and restarts it when it dies',
  facts: 'S4, S6',
  run: (host) =>
    hasSystemd(host)
      ? []
      : found(
          'note',
          `systemd does not run here, so nothing restarts the agent, checks its watchdog, or
            starts it before the routing daemon: what starts the agent has to do all this.`,
          ['/run/systemd/system: not there'],
          [`# a container's entry point, for example:`, 'while :; do backup-router run; sleep 0.1; done &'],
        ),
};

export const unitNotInstalled: Check = {
  code: 'unit-not-installed',
  title: 'the unit is installed',
  facts: 'S1',
  run: (host) =>
    !hasSystemd(host)
      ? 'not-applicable'
      : mainFile(host) !== undefined
        ? []
        : found(
            'error',
            'The unit is not installed: after the next boot there is no agent.',
            [`no ${UNIT_FILE} below ${SYSTEMD_DIRECTORIES.map((directory) => `${directory}/system`).join(' ')}`],
            '# reinstall the package; from a checkout:\nscripts/install',
          ),
};

export const unitMasked: Check = {
  code: 'unit-masked',
  title: 'the unit is not masked',
  run: (host) => {
    if (!hasSystemd(host)) return 'not-applicable';
    const [path, why] = [masked(host), closed(host)];
    if (path === undefined) return why === undefined ? [] : unknown(why, 'sudo backup-router doctor');
    return found(
      'error',
      'The unit is masked: it cannot be started, now or at boot.',
      [`${path} -> /dev/null`],
      `systemctl unmask ${UNIT} && systemctl enable --now ${UNIT}`,
    );
  },
};

export const unitNotEnabled: Check = {
  code: 'unit-not-enabled',
  title: 'the unit is enabled',
  facts: 'S1',
  run: (host) =>
    withUnit(host, () => {
      const links = linksTo(host, UNIT);
      if (links.some((path) => !path.startsWith('/run/'))) return [];
      const hidden = enablingHidden(host);
      if (hidden !== undefined) return unknown(hidden, 'sudo backup-router doctor');
      return found(
        'error',
        `The unit is not enabled${links.length > 0 ? ' beyond this boot' : ''}: after the next
          boot there is no agent.`,
        links.length > 0 ? links : [`no ${UNIT} in any *.wants of /etc/systemd/system`],
        `systemctl enable ${UNIT}`,
      );
    }),
};

export const unitState: Check = {
  code: 'unit-not-active',
  title: 'the unit is active',
  run: (host) => {
    if (!hasSystemd(host) || mainFile(host) === undefined || masked(host) !== undefined) return 'not-applicable';
    return look(host.systemd, ({ unit }) => {
      const state = unit['ActiveState'] ?? '';
      const evidence = [
        `systemctl show ${UNIT}: ActiveState=${state} ${['SubState', 'Result', 'NRestarts'].map((key) => `${key}=${unit[key] ?? ''}`).join(' ')}`,
      ];
      if (state === 'active' || state === 'reloading') return [];
      if (state === 'failed')
        return found(
          'error',
          'The unit has failed, and systemd no longer restarts it.',
          evidence,
          `journalctl -u ${UNIT} -n 20\nbackup-router check && systemctl restart ${UNIT}`,
        );
      return found('error', 'The unit is not started.', evidence, `systemctl start ${UNIT}`);
    });
  },
};

export const unitReload: Check = {
  code: 'unit-needs-reload',
  title: 'systemd has read the unit as it is on disk',
  run: (host) =>
    withUnit(host, () =>
      look(host.systemd, ({ unit }) =>
        unit['NeedDaemonReload'] === 'yes'
          ? found(
              'warning',
              'The unit on disk is not the one that systemd has read.',
              ['NeedDaemonReload=yes'],
              `systemctl daemon-reload && systemctl restart ${UNIT}`,
            )
          : [],
      ),
    ),
};

export const unitDiffers: Check = {
  code: 'unit-differs',
  title: 'the installed unit is that of this version',
  facts: 'S1, S3',
  run: (host) =>
    withUnit(host, ([main]) =>
      look(host.shippedUnit, (shipped) => {
        const [installed, own] = [lines(main!.text), lines(shipped)];
        const evidence = [
          ...own.filter((line) => !installed.includes(line)).map((line) => `missing: ${line}`),
          ...installed.filter((line) => !own.includes(line)).map((line) => `instead or besides: ${line}`),
        ];
        return found(
          'warning',
          `${main!.path} is not the unit of this version: an old one, or edited in place, where
            the next installation overwrites it.`,
          evidence.slice(0, 12),
          `# reinstall the package; from a checkout: scripts/install\nsystemctl edit ${UNIT}      # for settings of your own`,
        );
      }),
    ),
};

/**
 * The lines without comments. The path of the launcher is removed, since it depends on the
 * installation.
 */
function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/^Exec.*/, (command) => command.replace(/\/\S*\/(?=backup-router )/g, '')))
    .filter((line) => line !== '' && !/^[#;]/.test(line));
}
