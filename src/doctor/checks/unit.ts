/** Hazards in how the agent is started: its unit is missing, masked, not enabled, failed, weakened, or comes too late. Judged by files and by `systemctl show`. */

import type { FoundFile } from '../files.js';
import { exists, type FileEntry, unreadableOf } from '../files.js';
import { type Check, finding, look, type Outcome, unknown } from '../finding.js';
import type { Host } from '../host.js';
import { UNIT } from '../identity.js';
import { booleanOf, type Setting, SYSTEMD_DIRECTORIES, systemdFiles, valuesOf } from '../ini.js';

/** The unit's files with their main file first. Without systemd there are no units to judge. */
function withUnit(host: Host, judge: (files: readonly FoundFile[]) => Outcome): Outcome {
  if (!hasSystemd(host)) return 'not-applicable';
  const why = closed(host);
  if (why !== undefined) return unknown(why, 'sudo backup-router doctor');
  const files = systemdFiles(host.files, `system/${UNIT}`);
  return files[0]?.path.endsWith(`/${UNIT}`) === true && masked(host) === undefined ? judge(files) : 'not-applicable';
}

/** systemd runs (sd_booted(3)), or it is a system at rest that has it. */
function hasSystemd(host: Host): boolean {
  return exists(host.files, '/run/systemd/system');
}

function mainFile(host: Host): string | undefined {
  return SYSTEMD_DIRECTORIES.map((directory) => `${directory}/system/${UNIT}`).find((path) => exists(host.files, path));
}

/** Why the unit or a drop-in of it cannot be read. */
function closed(host: Host): string | undefined {
  return unreadableOf(
    host.files,
    SYSTEMD_DIRECTORIES.flatMap((directory) => [`${directory}/system/${UNIT}`, `${directory}/system/${UNIT}.d`]),
  );
}

function masked(host: Host): string | undefined {
  const path = mainFile(host);
  const entry: FileEntry | undefined = path === undefined ? undefined : host.files.get(path);
  return entry?.kind === 'file' && (entry.target === '/dev/null' || entry.text === '') ? path : undefined;
}

export const noSystemd: Check = {
  code: 'no-systemd',
  title: 'systemd starts the agent, and restarts it when it dies',
  facts: 'S4, S6',
  run: (host) =>
    hasSystemd(host)
      ? []
      : [
          finding(
            'note',
            'systemd does not run here, so nothing restarts the agent, feeds on its watchdog, or starts it before the routing daemon: whoever starts it has to see to that.',
            ['/run/systemd/system: not there'],
            "# a container's entry point, for example:\nwhile :; do backup-router run; sleep 0.1; done &",
          ),
        ],
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
        : [
            finding(
              'error',
              'The unit is not installed: after the next boot there is no agent.',
              [`no ${UNIT} below ${SYSTEMD_DIRECTORIES.map((directory) => `${directory}/system`).join(' ')}`],
              'scripts/install',
            ),
          ],
};

export const unitMasked: Check = {
  code: 'unit-masked',
  title: 'the unit is not masked',
  facts: '',
  run: (host) => {
    if (!hasSystemd(host)) return 'not-applicable';
    const [path, why] = [masked(host), closed(host)];
    if (path === undefined) return why === undefined ? [] : unknown(why, 'sudo backup-router doctor');
    return [
      finding(
        'error',
        'The unit is masked: it cannot be started, now or at boot.',
        [`${path} -> /dev/null`],
        `systemctl unmask ${UNIT} && systemctl enable --now ${UNIT}`,
      ),
    ];
  },
};

export const unitNotEnabled: Check = {
  code: 'unit-not-enabled',
  title: 'the unit is enabled',
  facts: 'S1',
  run: (host) =>
    withUnit(host, () => {
      const links = [...host.files.keys()].filter((path) => /\.(wants|requires)\/backup-router\.service$/.test(path));
      if (links.some((path) => !path.startsWith('/run/'))) return [];
      return [
        finding(
          'error',
          `The unit is not enabled${links.length > 0 ? ' beyond this boot' : ''}: after the next boot there is no agent.`,
          links.length > 0 ? links : [`no ${UNIT} in any *.wants of /etc/systemd/system`],
          `systemctl enable ${UNIT}`,
        ),
      ];
    }),
};

export const unitState: Check = {
  code: 'unit-not-active',
  title: 'the unit is active',
  facts: '',
  run: (host) => {
    if (!hasSystemd(host) || mainFile(host) === undefined || masked(host) !== undefined) return 'not-applicable';
    return look(host.systemd, ({ unit }) => {
      const state = unit['ActiveState'] ?? '';
      const evidence = [
        `systemctl show ${UNIT}: ActiveState=${state} SubState=${unit['SubState'] ?? ''} Result=${unit['Result'] ?? ''} NRestarts=${unit['NRestarts'] ?? ''}`,
      ];
      if (state === 'active' || state === 'reloading') return [];
      if (state === 'failed')
        return [
          finding(
            'error',
            'The unit has failed, and systemd has given up on it.',
            evidence,
            `journalctl -u ${UNIT} -n 20\nbackup-router check && systemctl restart ${UNIT}`,
          ),
        ];
      return [finding('error', 'The unit is not started.', evidence, `systemctl start ${UNIT}`)];
    });
  },
};

export const unitReload: Check = {
  code: 'unit-needs-reload',
  title: 'systemd has read the unit as it is on disk',
  facts: '',
  run: (host) =>
    withUnit(host, () =>
      look(host.systemd, ({ unit }) =>
        unit['NeedDaemonReload'] === 'yes'
          ? [
              finding(
                'warning',
                'The unit on disk is not the one that systemd has read.',
                ['NeedDaemonReload=yes'],
                `systemctl daemon-reload && systemctl restart ${UNIT}`,
              ),
            ]
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
        return evidence.length === 0
          ? []
          : [
              finding(
                'warning',
                `${main!.path} is not the unit of this version: an old one, or edited in place, where the next installation overwrites it.`,
                evidence.slice(0, 12),
                `scripts/install      # and settings of your own by: systemctl edit ${UNIT}`,
              ),
            ];
      }),
    ),
};

/** Without comments; the launcher's path is the installation's. */
function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/^(Exec\w+=-?)\S*\/backup-router /, '$1backup-router '))
    .filter((line) => line !== '' && !/^[#;]/.test(line));
}

export const unitNoWatchdog: Check = {
  code: 'unit-no-watchdog',
  title: 'systemd restarts an agent that hangs',
  facts: '',
  run: (host) =>
    withUnit(host, (files) => {
      const setting = valuesOf(files, 'Service', 'WatchdogSec').at(-1);
      return setting !== undefined && !/^(0|infinity)/.test(setting.value)
        ? []
        : [
            finding(
              'warning',
              'The unit has no watchdog: an agent that hangs stays so, and the routes as they were.',
              [
                setting === undefined
                  ? `${files[0]!.path}: no WatchdogSec=`
                  : `${setting.where}: WatchdogSec=${setting.value}`,
              ],
              `systemctl edit ${UNIT}\n[Service]\nWatchdogSec=20s`,
            ),
          ];
    }),
};

export const unitNoRestart: Check = {
  code: 'unit-no-restart',
  title: 'systemd restarts an agent that dies, without a limit',
  facts: 'S1',
  run: (host) =>
    withUnit(host, (files) => {
      const restart = valuesOf(files, 'Service', 'Restart').at(-1);
      const limit = valuesOf(files, 'Unit', 'StartLimitIntervalSec').at(-1);
      const evidence = [
        ...(restart?.value === 'always'
          ? []
          : [`${restart?.where ?? files[0]!.path}: Restart=${restart?.value ?? '(not set: no)'}`]),
        ...(limit?.value === '0'
          ? []
          : [
              `${limit?.where ?? files[0]!.path}: StartLimitIntervalSec=${limit?.value ?? '(not set: 10s, five starts)'}`,
            ]),
      ];
      return evidence.length === 0
        ? []
        : [
            finding(
              'warning',
              'systemd may leave an agent that dies dead.',
              evidence,
              `systemctl edit ${UNIT}\n[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always`,
            ),
          ];
    }),
};

export const unitOrdering: Check = {
  code: 'unit-ordering',
  title: 'the agent starts before the routing daemon, and not before network-pre.target',
  facts: 'S1',
  run: (host) =>
    withUnit(host, (files) => {
      const before = valuesOf(files, 'Unit', 'Before').flatMap(({ value, where }) =>
        value.split(/\s+/).map((unit) => ({ unit, where })),
      );
      const wanted = host.config.routingDaemons.flatMap((daemon) =>
        daemon.kind === 'frr'
          ? ['frr.service']
          : daemon.kind === 'bird'
            ? ['bird.service']
            : daemon.kind === 'unit'
              ? [daemon.unit]
              : [],
      );
      const missing = [...new Set(wanted)].filter((unit) => !before.some((one) => one.unit === unit));
      const early = before.find(({ unit }) => unit === 'network-pre.target');
      return [
        ...(missing.length === 0
          ? []
          : [
              finding(
                'warning',
                `The unit is not ordered before ${missing.join(', ')}: at boot the routing daemon may come first, and the backup routes late.`,
                [`Before=${before.map(({ unit }) => unit).join(' ')}`],
                `systemctl edit ${UNIT}\n[Unit]\nBefore=${missing.join(' ')}`,
              ),
            ]),
        ...(early === undefined
          ? []
          : [
              finding(
                'warning',
                'The unit is ordered before network-pre.target: it holds systemd-networkd, and with it every address, back until it is ready.',
                [`${early.where}: Before=network-pre.target`],
                `# remove network-pre.target from ${early.where.replace(/:\d+$/, '')}`,
              ),
            ]),
      ];
    }),
};

export const runtimeWatchdog: Check = {
  code: 'runtime-watchdog-off',
  title: 'a hardware watchdog resets a host whose systemd hangs',
  facts: '',
  run: (host) => {
    if (!hasSystemd(host)) return 'not-applicable';
    const setting = valuesOf(systemdFiles(host.files, 'system.conf'), 'Manager', 'RuntimeWatchdogSec').at(-1);
    if (setting !== undefined && !/^(0|off)$/.test(setting.value)) return [];
    return [
      finding(
        'note',
        'No hardware watchdog is fed by systemd: a kernel or a systemd that hangs is beyond the reach of any agent.',
        [
          setting === undefined
            ? 'system.conf: RuntimeWatchdogSec= not set'
            : `${setting.where}: RuntimeWatchdogSec=${setting.value}`,
        ],
        "mkdir -p /etc/systemd/system.conf.d\nprintf '[Manager]\\nRuntimeWatchdogSec=30s\\n' > /etc/systemd/system.conf.d/watchdog.conf\n# where there is a /dev/watchdog",
      ),
    ];
  },
};

/** For a unit that names a user who is not there. */
export const unitUser: Check = {
  code: 'unit-user-missing',
  title: "the unit's user and groups exist",
  facts: 'F11',
  run: (host) =>
    withUnit(host, (files) => {
      const exists = (path: string, name: string): boolean | undefined => {
        const entry = host.files.get(path);
        return entry?.kind === 'file'
          ? entry.text.split('\n').some((line) => line.split(':')[0] === name || line.split(':')[2] === name)
          : undefined;
      };
      const user = valuesOf(files, 'Service', 'User').at(-1);
      const groups = [
        ...valuesOf(files, 'Service', 'Group').slice(-1),
        ...valuesOf(files, 'Service', 'SupplementaryGroups'),
      ].flatMap(({ value, where }) => value.split(/\s+/).map((name) => ({ name, where })));
      if (exists('/etc/passwd', 'root') === undefined) return unknown('/etc/passwd cannot be read');
      const missing = [
        ...(user === undefined || exists('/etc/passwd', user.value) !== false
          ? []
          : [`${user.where}: User=${user.value}: no such user`]),
        ...groups
          .filter(({ name }) => exists('/etc/group', name) === false)
          .map(({ name, where }) => `${where}: group ${name}: no such group`),
      ];
      return missing.length === 0
        ? []
        : [
            finding(
              'error',
              'The unit cannot start: it names a user or group that does not exist.',
              missing,
              'scripts/install      # makes the user backup-router and its groups',
            ),
          ];
    }),
};

/** Settings of a drop-in that V8 or the agent does not survive. */
export const unitSandbox: Check = {
  code: 'unit-sandbox',
  title: 'the unit forbids nothing that Node needs',
  facts: 'S3',
  run: (host) =>
    withUnit(host, (files) => {
      const last = (key: string): Setting | undefined => valuesOf(files, 'Service', key).at(-1);
      const writeExecute = last('MemoryDenyWriteExecute');
      const filters = valuesOf(files, 'Service', 'SystemCallFilter');
      const notify = last('NotifyAccess');
      const evidence = [
        ...(writeExecute !== undefined && booleanOf(writeExecute.value) === true
          ? [`${writeExecute.where}: MemoryDenyWriteExecute=${writeExecute.value}`]
          : []),
        ...(filters.some(({ value }) => !value.startsWith('~')) &&
        !filters.some(({ value }) => !value.startsWith('~') && /@pkey|pkey_alloc/.test(value))
          ? [`${filters[0]!.where}: SystemCallFilter= without @pkey`]
          : []),
        ...(host.nativeFault !== undefined && notify?.value === 'main'
          ? [`${notify.where}: NotifyAccess=main, and koffi does not load: READY comes from a child process`]
          : []),
      ];
      return evidence.length === 0
        ? []
        : [
            finding(
              'error',
              'The unit forbids what Node or its notifier needs: the agent dies at its start, or systemd kills it for want of READY.',
              evidence,
              `systemctl edit ${UNIT}\n[Service]\nMemoryDenyWriteExecute=no\nSystemCallFilter=@pkey\nNotifyAccess=all`,
            ),
          ];
    }),
};
