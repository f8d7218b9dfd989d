/**
 * Hazards in the agent's unit and its drop-ins: no watchdog, no restart, a late start, a user that
 * does not exist, a sandbox that is too tight.
 */

import { unreadableOf } from '../files.js';
import { type Check, found, unknown } from '../finding.js';
import { START_TARGET, TEMPLATED, UNIT } from '../identity.js';
import { booleanOf, type IniSetting, systemdFiles, systemdPaths, valuesOf } from '../ini.js';
import { enablingHidden, hasSystemd, linksTo, withUnit } from './unit.js';

export const unitNoWatchdog: Check = {
  code: 'unit-no-watchdog',
  title: 'systemd restarts an agent that hangs',
  run: (host) =>
    withUnit(host, (files) => {
      const setting = valuesOf(files, 'Service', 'WatchdogSec').at(-1);
      return setting !== undefined && !/^(0|infinity)/.test(setting.value)
        ? []
        : found(
            'warning',
            'The unit has no watchdog: an agent that hangs is not restarted, and the routes stay as they are.',
            [
              setting === undefined
                ? `${files[0]!.path}: no WatchdogSec=`
                : `${setting.where}: WatchdogSec=${setting.value}`,
            ],
            `systemctl edit ${UNIT}\n[Service]\nWatchdogSec=20s\n# then: systemctl restart ${UNIT}`,
          );
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
      return found(
        'warning',
        'With these settings systemd does not always restart an agent that dies.',
        evidence,
        `systemctl edit ${UNIT}\n[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=always`,
      );
    }),
};

export const unitOrdering: Check = {
  code: 'unit-ordering',
  title: 'the routing daemon starts after the backup routes, and the network waits for nothing',
  facts: 'S1',
  run: (host) =>
    withUnit(host, (service) => {
      // For an agent in a namespace, whoever set up the namespace sets the order.
      if (TEMPLATED) return 'not-applicable';
      const target = systemdFiles(host.files, `system/${START_TARGET}`);
      const before = [...target, ...service].flatMap((file) =>
        valuesOf([file], 'Unit', 'Before').flatMap(({ value, where }) =>
          value.split(/\s+/).map((unit) => ({ unit, where })),
        ),
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
      const queued = linksTo(host, START_TARGET).length > 0;
      const hidden =
        unreadableOf(host.files, systemdPaths(`system/${START_TARGET}`)) ?? (queued ? undefined : enablingHidden(host));
      if (hidden !== undefined) return unknown(hidden, 'sudo backup-router doctor');
      const early = before.find(({ unit }) => unit === 'network-pre.target');
      return [
        ...(missing.length === 0
          ? []
          : found(
              'warning',
              `${missing.join(', ')} is not ordered after the backup routes: at boot the routing
                daemon may start first, and the backup routes come late.`,
              [`Before=${before.map(({ unit }) => unit).join(' ')}`],
              `systemctl edit ${START_TARGET}\n[Unit]\nBefore=${missing.join(' ')}`,
            )),
        ...(queued || wanted.length === 0
          ? []
          : found(
              'warning',
              `${START_TARGET} is not enabled: at boot the routing daemon may start first, and the
                backup routes come late.`,
              [`no ${START_TARGET} in any *.wants`],
              `systemctl enable ${START_TARGET}`,
            )),
        ...(early === undefined
          ? []
          : found(
              'warning',
              `The unit is ordered before network-pre.target: it delays systemd-networkd, and with
                it every address, until the agent is ready.`,
              [`${early.where}: Before=network-pre.target`],
              `# remove network-pre.target from ${early.where.replace(/:\d+$/, '')}`,
            )),
      ];
    }),
};

export const runtimeWatchdog: Check = {
  code: 'runtime-watchdog-off',
  title: 'a hardware watchdog resets a host whose systemd hangs',
  run: (host) => {
    if (!hasSystemd(host)) return 'not-applicable';
    const hidden = unreadableOf(host.files, systemdPaths('system.conf'));
    if (hidden !== undefined) return unknown(hidden, 'sudo backup-router doctor');
    const setting = valuesOf(systemdFiles(host.files, 'system.conf'), 'Manager', 'RuntimeWatchdogSec').at(-1);
    if (setting !== undefined && !/^(0|off)$/.test(setting.value)) return [];
    return found(
      'note',
      `No hardware watchdog is fed by systemd: a kernel or a systemd that hangs is beyond the
        reach of any agent.`,
      [
        setting === undefined
          ? 'system.conf: RuntimeWatchdogSec= not set'
          : `${setting.where}: RuntimeWatchdogSec=${setting.value}`,
      ],
      [
        'mkdir -p /etc/systemd/system.conf.d',
        "printf '[Manager]\\nRuntimeWatchdogSec=30s\\n' > /etc/systemd/system.conf.d/watchdog.conf",
        '# where there is a /dev/watchdog',
      ],
    );
  },
};

/** A unit whose user does not exist. */
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
      for (const path of ['/etc/passwd', '/etc/group'])
        if (exists(path, 'root') === undefined) return unknown(`${path} cannot be read`);
      const missing = [
        ...(user === undefined || exists('/etc/passwd', user.value) !== false
          ? []
          : [`${user.where}: User=${user.value}: no such user`]),
        ...groups
          .filter(({ name }) => exists('/etc/group', name) === false)
          .map(({ name, where }) => `${where}: group ${name}: no such group`),
      ];
      return found(
        'error',
        'The unit cannot start: it names a user or group that does not exist.',
        missing,
        '/usr/lib/backup-router/lifecycle groups      # of a package; from a checkout: scripts/install',
      );
    }),
};

/** Settings of a drop-in under which V8 or the agent cannot run. */
export const unitSandbox: Check = {
  code: 'unit-sandbox',
  title: 'the unit forbids nothing that Node needs',
  facts: 'S3',
  run: (host) =>
    withUnit(host, (files) => {
      const last = (key: string): IniSetting | undefined => valuesOf(files, 'Service', key).at(-1);
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
      return found(
        'error',
        `The unit forbids what Node or its notifier needs: the agent dies at its start, or systemd
          kills it because READY does not come.`,
        evidence,
        [
          `systemctl edit ${UNIT}`,
          '[Service]',
          'MemoryDenyWriteExecute=no',
          'SystemCallFilter=@pkey',
          'NotifyAccess=all',
          `# then: systemctl restart ${UNIT}`,
        ],
      );
    }),
};
