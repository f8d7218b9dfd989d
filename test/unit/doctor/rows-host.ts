/** Rows of sockets, FRR's set-up, network managers, the unit, the agent and the clock. */

import { seen, unseen } from '../../../src/doctor/seen.js';
import { hostWith, type Spoil, socket, status, UNIT_TEXT } from './fixture.js';
import { BIRD, config, MAIN, type Row } from './row.js';

const UNIT = '/usr/lib/systemd/system/backup-router.service';
const START_DROP_IN = '/etc/systemd/system/backup-router-start.target.d/x.conf';
const DROP_IN = '/etc/systemd/system/backup-router.service.d/x.conf';
const agent = hostWith().agent;
const daemons = (text: string): Spoil => ({ files: { '/etc/frr/daemons': text } });
const managed = (more: Readonly<Record<string, string>> = {}): Spoil => ({
  files: { '/run/systemd/netif/links/3': 'ADMIN_STATE=configured\n', ...more },
});
const ini = (key: string, value: string): string => `[Network]\n${key}=${value}\n`;
const noSystemd: Spoil = { files: { '/run/systemd/system': undefined } };
const others = (...list: readonly string[]): Spoil => ({ more: { agent: { ...agent, others: seen(list) } } });

const SOCKETS: readonly Row[] = [
  {
    code: 'socket-denied',
    what: 'the group is missing',
    bad: { more: { agent: { ...agent, identity: { ...agent.identity!, groups: [103] } } } },
    severity: 'error',
    evidence: /zebra\.vty: mode 0770, uid 101, gid 102\nthe running agent \(pid 4711\): uid 103, groups backup-router/,
    remedy: /usermod -aG frrvty backup-router[\s\S]*SupplementaryGroups=frrvty/,
    near: {},
  },
  {
    code: 'socket-denied',
    what: 'the group is missing, in a container',
    bad: {
      files: { '/run/.containerenv': '' },
      more: { agent: { ...agent, identity: { ...agent.identity!, groups: [103] } } },
    },
    severity: 'error',
    evidence: /zebra\.vty: mode 0770/,
    remedy: /docker run --group-add 102 /,
    near: {
      more: {
        agent: { ...agent, identity: { ...agent.identity!, groups: [103] } },
        sockets: [
          socket('frr/zebra', {
            outcome: 'absent',
            detail: 'ENOENT',
            steps: [{ path: '/run/frr', mode: 0o40755, uid: 101, gid: 102 }],
          }),
        ],
      },
    },
  },
  {
    code: 'socket-denied',
    what: "the unit's user, no agent running",
    bad: {
      status: seen(undefined),
      files: { '/etc/group': 'frrvty:x:102:frr\nbackup-router:x:103:\n' },
      more: { agent: { ...agent, status: seen(undefined), identity: undefined } },
    },
    severity: 'error',
    evidence: /user backup-router of the unit/,
    remedy: /usermod/,
    near: { more: { agent: { ...agent, status: seen(undefined), identity: undefined } } },
  },
  {
    code: 'socket-denied',
    what: 'nobody to judge by',
    bad: {
      files: { [UNIT]: undefined },
      more: {
        sockets: [socket('frr/zebra', { outcome: 'denied', detail: 'EACCES' })],
        self: { who: 'this user', uid: 1000, groups: [1000], capabilities: 0n },
        agent: { ...agent, status: seen(undefined), identity: undefined },
      },
    },
    severity: 'unknown',
    evidence: /^$/,
    remedy: /sudo/,
    near: {
      files: {
        [DROP_IN]: '[Service]\nSupplementaryGroups=frrvty\n',
        '/etc/group': 'frrvty:x:102:frr\nbackup-router:x:103:\n',
      },
      status: seen(undefined),
      more: { agent: { ...agent, status: seen(undefined), identity: undefined } },
    },
  },
  {
    code: 'socket-absent',
    what: 'no socket',
    bad: { more: { sockets: [socket('frr/zebra', { outcome: 'absent', detail: 'ENOENT', steps: [] })] } },
    severity: 'warning',
    evidence: /zebra\.vty: ENOENT/,
    remedy: /systemctl start frr/,
    near: {},
  },
  {
    code: 'socket-absent',
    what: 'no directory',
    bad: {
      more: { sockets: [socket('frr/zebra', { outcome: 'no-directory', detail: 'ENOENT', steps: [] })] },
    },
    severity: 'warning',
    evidence: /ENOENT/,
    remedy: /pathspace/,
    near: { config: config('', '[{pidfile: /run/x.pid}]'), more: { sockets: [] } },
  },
  {
    code: 'socket-absent',
    what: 'it answers elsewhere',
    bad: {
      more: {
        sockets: [
          socket('frr/zebra', { outcome: 'absent', detail: 'ENOENT', steps: [], elsewhere: ['/run/frr/core1'] }),
        ],
      },
    },
    severity: 'error',
    evidence: /\/run\/frr\/core1\/zebra\.vty: answers/,
    remedy: /socket-directory: \/run\/frr\/core1/,
    near: {},
  },
  {
    code: 'socket-stale',
    what: 'left over',
    bad: { more: { sockets: [socket('frr/zebra', { outcome: 'stale', detail: 'ECONNREFUSED' })] } },
    severity: 'warning',
    evidence: /ECONNREFUSED/,
    remedy: /status frr/,
    near: {},
  },
  {
    code: 'socket-silent',
    what: 'stopped',
    bad: { more: { sockets: [socket('frr/bgpd', { outcome: 'silent', detail: 'no answer in 10000 ms' })] } },
    severity: 'warning',
    evidence: /no answer/,
    remedy: /-C bgpd/,
    near: {
      more: { sockets: [socket('frr/bgpd'), socket('frr/x', { kind: 'socket', outcome: 'accepts' })] },
    },
  },
];

const FRR: readonly Row[] = [
  {
    code: 'frr-daemon-disabled',
    what: 'bgpd is off, and runs',
    bad: daemons('bgpd=no\n'),
    severity: 'warning',
    evidence: /daemons:1: bgpd=no/,
    remedy: /bgpd=yes/,
    near: daemons('# bgpd=no\nbgpd=yes\n'),
  },
  {
    code: 'frr-daemon-disabled',
    what: 'no line, and it does not run',
    bad: { ...daemons('zebra=yes\n'), more: { sockets: [socket('frr/bgpd', { outcome: 'absent' })] } },
    severity: 'error',
    evidence: /no line bgpd=/,
    remedy: /remove bgpd/,
    near: { config: config('', '[{frr: {daemons: [zebra, staticd]}}]'), ...daemons('ospfd=no\n') },
  },
  {
    code: 'frr-daemon-disabled',
    what: 'in the file of a pathspace',
    bad: {
      config: config('', '[{frr: {daemons: [zebra, bgpd], socket-directory: /run/frr/core1}}]'),
      files: { '/etc/frr/core1/daemons': '\nbgpd=no\n' },
    },
    severity: 'error',
    evidence: /^\/etc\/frr\/core1\/daemons:2: bgpd=no$/,
    remedy: /^sed -i .* \/etc\/frr\/core1\/daemons/,
    near: {
      config: config('', '[{frr: {daemons: [zebra, bgpd], socket-directory: /run/frr/core1}}]'),
      files: { '/etc/frr/daemons': 'bgpd=no\n', '/etc/frr/core1/daemons': 'bgpd=yes\n' },
    },
  },
  {
    code: 'frr-watchfrr-off',
    what: 'off',
    bad: daemons('bgpd=yes\nwatchfrr_enable=no\n'),
    severity: 'warning',
    evidence: /daemons:2: watchfrr_enable=no/,
    remedy: /watchfrr_enable=yes/,
    near: daemons('bgpd=yes\n'),
  },
  {
    code: 'unit-of-frr',
    what: 'the unit is watched',
    bad: { config: config('', '[{unit: frr.service}]') },
    severity: 'warning',
    evidence: /frr\.service/,
    remedy: /frr: \{daemons: \[zebra, bgpd\]\}/,
    near: { config: config('', '[{unit: bird.service}]') },
  },
  {
    code: 'frr-zebra-keeps-routes',
    what: '-r',
    bad: daemons('bgpd=yes\nzebra_options="-A 127.0.0.1 -r"\n'),
    severity: 'note',
    evidence: /daemons:2: zebra_options/,
    near: daemons('bgpd=yes\nzebra_options="-A 127.0.0.1 --vty_socket /r"\n'),
  },
  {
    code: 'frr-zebra-sweeps-late',
    what: '-K 60',
    bad: daemons('bgpd=yes\nzebra_options="-K 60 -A 127.0.0.1"\n'),
    severity: 'note',
    evidence: /-K 60/,
    near: daemons('bgpd=yes\nzebra_options="-A 127.0.0.1"\n'),
  },
  {
    code: 'pid1-does-not-reap',
    what: 'with a pid file',
    bad: {
      config: config('', '[{pidfile: /run/x.pid}]'),
      more: { processes: seen([{ pid: 7, parent: 1, name: 'bgpd', state: 'Z' }]) },
    },
    severity: 'warning',
    evidence: /7 \(bgpd\) Z, parent 1 \(systemd\)/,
    remedy: /--init/,
    near: {
      more: {
        processes: seen([
          { pid: 7, parent: 1, name: 'sh', state: 'Z' },
          { pid: 8, parent: 5, name: 'zebra', state: 'Z' },
        ]),
      },
    },
  },
  {
    code: 'pid1-does-not-reap',
    what: 'with sockets',
    bad: { more: { processes: seen([{ pid: 7, parent: 1, name: 'zebra', state: 'Z' }]) } },
    severity: 'note',
    evidence: /zebra/,
    remedy: /--init/,
    near: {},
  },
];

const MANAGERS: readonly Row[] = [
  {
    code: 'networkd-foreign-routes',
    what: 'not set',
    bad: managed(),
    severity: 'warning',
    evidence: /links\/3: ADMIN_STATE=configured\n.*not set, so yes/,
    remedy: /\[Network\]\nManageForeignRoutes=no/,
    near: managed({ '/etc/systemd/networkd.conf': ini('ManageForeignRoutes', 'no') }),
  },
  {
    code: 'networkd-foreign-routes',
    what: 'a drop-in takes it back',
    bad: managed({
      '/etc/systemd/networkd.conf': ini('ManageForeignRoutes', 'no'),
      '/usr/lib/systemd/networkd.conf.d/90-x.conf': ini('ManageForeignRoutes', 'yes'),
    }),
    severity: 'warning',
    evidence: /90-x\.conf:2: ManageForeignRoutes=yes/,
    remedy: /networkd\.conf\.d\/backup-router\.conf/,
    near: managed({
      '/usr/lib/systemd/networkd.conf.d/10-x.conf': ini('ManageForeignRoutes', 'yes'),
      '/etc/systemd/networkd.conf.d/10-x.conf': ini('ManageForeignRoutes', 'false'),
    }),
  },
  {
    code: 'networkd-foreign-routes',
    what: 'of another section',
    bad: managed({ '/etc/systemd/networkd.conf': '[DHCPv4]\nManageForeignRoutes=no\n' }),
    severity: 'warning',
    evidence: /not set/,
    remedy: /END/,
    near: { files: { '/run/systemd/netif/links/2': 'ADMIN_STATE=unmanaged\n' } },
  },
  {
    code: 'networkd-foreign-rules',
    what: 'routes alone are not enough',
    bad: managed({ '/etc/systemd/networkd.conf': ini('ManageForeignRoutes', 'no') }),
    severity: 'warning',
    evidence: /ManageForeignRoutingPolicyRules= not set/,
    remedy: /ManageForeignRoutingPolicyRules=no/,
    near: { ...managed(), config: MAIN },
  },
  {
    code: 'networkmanager-managed',
    what: 'placement main',
    bad: {
      config: MAIN,
      files: {
        '/run/NetworkManager': { kind: 'directory' },
        '/run/NetworkManager/devices/2': '[device]\nmanaged=true\n',
      },
    },
    severity: 'warning',
    evidence: /devices\/2: managed=true/,
    remedy: /unmanaged-devices=interface-name:mgmt0/,
    near: {
      config: MAIN,
      files: {
        '/run/NetworkManager': { kind: 'directory' },
        '/run/NetworkManager/devices/2': '[device]\nmanaged=unmanaged\n',
        '/run/NetworkManager/devices/3': '[device]\nmanaged=true\n',
      },
    },
  },
  {
    code: 'networkmanager-managed',
    what: 'placement local',
    bad: {
      files: {
        '/run/NetworkManager': { kind: 'directory' },
        '/run/NetworkManager/devices/2': '[device]\nmanaged=true\n',
      },
    },
    severity: 'note',
    evidence: /managed=true/,
    remedy: /never-default/,
    near: { files: { '/run/NetworkManager': { kind: 'directory' } } },
  },
  {
    code: 'ifupdown-default',
    what: 'gateway',
    bad: {
      files: {
        '/etc/network/interfaces':
          'auto mgmt0\niface mgmt0 inet static\n  address 10.255.0.2/24\n  gateway 10.255.0.1\n',
      },
    },
    severity: 'warning',
    evidence: /interfaces:4: gateway 10\.255\.0\.1/,
    remedy: /adopt: true/,
    near: {
      files: {
        '/etc/network/interfaces':
          'iface mgmt0 inet static\n  address 10.255.0.2/24\nauto data0\niface data0 inet static\n  gateway 10.1.0.1\n',
      },
    },
  },
  {
    code: 'ifupdown-default',
    what: 'DHCP, in a directory',
    bad: { files: { '/etc/network/interfaces.d/mgmt': 'iface mgmt0 inet dhcp\n' } },
    severity: 'warning',
    evidence: /interfaces\.d\/mgmt:1/,
    remedy: /auto/,
    near: {
      config: config('', undefined, '{address: auto, adopt: true}'),
      files: { '/etc/network/interfaces.d/mgmt': 'iface mgmt0 inet dhcp\n' },
    },
  },
  {
    code: 'netplan-default',
    what: 'gateway4',
    bad: {
      files: {
        '/etc/netplan/x.yaml':
          'network:\n  ethernets:\n    mgmt0:\n      addresses: [10.255.0.2/24]\n      gateway4: 10.255.0.1\n    data0:\n      dhcp4: true\n',
      },
    },
    severity: 'warning',
    evidence: /^\/etc\/netplan\/x\.yaml:5: gateway4: 10\.255\.0\.1$/,
    remedy: /use-routes: false/,
    near: {
      files: {
        '/etc/netplan/x.yaml':
          'network:\n  ethernets:\n    mgmt0:\n      dhcp4: true\n      dhcp4-overrides:\n        use-routes: false\n    data0:\n      gateway4: 10.1.0.1\n',
      },
    },
  },
  {
    code: 'ifupdown-default',
    what: 'an interface that is meant by its MAC address',
    bad: {
      config: config().replace('mgmt0', "{mac: '02:00:00:00:00:02'}"),
      files: { '/etc/network/interfaces': 'iface mgmt0 inet dhcp\n' },
    },
    severity: 'warning',
    evidence: /interfaces:1: iface mgmt0 inet dhcp/,
    remedy: /adopt/,
    near: {
      config: config().replace('mgmt0', "{mac: '02:00:00:00:00:02'}"),
      files: { '/etc/network/interfaces': 'source interfaces.d/*\niface data0 inet dhcp\n' },
    },
  },
  {
    code: 'ifupdown-default',
    what: 'files from elsewhere',
    bad: { files: { '/etc/network/interfaces': 'source /etc/network/sites/*\n' } },
    severity: 'unknown',
    evidence: /^$/,
    near: { files: { '/etc/network/interfaces': 'source /etc/network/interfaces.d/*\n' } },
  },
  {
    code: 'netplan-default',
    what: 'interfaces told by their address',
    bad: {
      files: {
        '/etc/netplan/x.yaml': 'network:\n  ethernets:\n    up:\n      match: {macaddress: aa}\n      dhcp4: true\n',
      },
    },
    severity: 'unknown',
    evidence: /^$/,
    remedy: /sudo/,
    near: { files: { '/etc/netplan/x.yaml': 'network:\n  ethernets:\n    up:\n      dhcp4: true\n' } },
  },
  {
    code: 'netplan-default',
    what: 'a route to default',
    bad: {
      files: {
        '/etc/netplan/x.yaml':
          'network:\n  ethernets:\n    mgmt0:\n      routes:\n        - to: default\n          via: 10.255.0.1\n',
      },
    },
    severity: 'warning',
    evidence: /:5: - to: default/,
    remedy: /adopt/,
    near: {
      files: {
        '/etc/netplan/x.yaml':
          'network:\n  ethernets:\n    mgmt0:\n      routes:\n        - to: 10.9.0.0/16\n          via: 10.255.0.1\n',
      },
    },
  },
];

const UNITS: readonly Row[] = [
  {
    code: 'no-systemd',
    what: 'a container',
    bad: noSystemd,
    severity: 'note',
    evidence: /not there/,
    remedy: /backup-router run/,
    near: {},
  },
  {
    code: 'unit-not-installed',
    what: 'nowhere',
    bad: { files: { [UNIT]: undefined } },
    severity: 'error',
    evidence: /\/usr\/lib\/systemd\/system/,
    remedy: /scripts\/install/,
    near: { files: { [UNIT]: undefined, '/run/systemd/system': undefined } },
  },
  {
    code: 'unit-masked',
    what: 'a link to nowhere',
    bad: {
      files: { '/etc/systemd/system/backup-router.service': { kind: 'file', text: '', target: '/dev/null' } },
    },
    severity: 'error',
    evidence: /-> \/dev\/null/,
    remedy: /unmask/,
    near: {
      files: { '/etc/systemd/system/backup-router.service': { kind: 'file', text: UNIT_TEXT, target: UNIT } },
    },
  },
  {
    code: 'unit-not-enabled',
    what: 'no link',
    bad: { files: { '/etc/systemd/system/multi-user.target.wants/backup-router.service': undefined } },
    severity: 'error',
    evidence: /no backup-router\.service/,
    remedy: /systemctl enable/,
    near: {},
  },
  {
    code: 'unit-not-enabled',
    what: 'until the next boot',
    bad: {
      files: {
        '/etc/systemd/system/multi-user.target.wants/backup-router.service': undefined,
        '/run/systemd/system/multi-user.target.wants/backup-router.service': '',
      },
    },
    severity: 'error',
    evidence: /^\/run/,
    remedy: /enable/,
    near: {},
  },
  {
    code: 'unit-not-active',
    what: 'failed',
    bad: {
      more: { systemd: seen({ unit: { ActiveState: 'failed', Result: 'exit-code', NRestarts: '3' } }) },
    },
    severity: 'error',
    evidence: /ActiveState=failed .*Result=exit-code NRestarts=3/,
    remedy: /journalctl/,
    near: { more: { systemd: seen({ unit: { ActiveState: 'reloading' } }) } },
  },
  {
    code: 'unit-not-active',
    what: 'never started',
    bad: { more: { systemd: seen({ unit: { ActiveState: 'inactive' } }) } },
    severity: 'error',
    evidence: /inactive/,
    remedy: /systemctl start/,
    near: {},
  },
  {
    code: 'unit-user-missing',
    what: 'no such user',
    bad: { files: { '/etc/passwd': 'root:x:0:0::/root:/bin/sh\n' } },
    severity: 'error',
    evidence: /User=backup-router: no such user/,
    remedy: /install/,
    near: {},
  },
  {
    code: 'unit-user-missing',
    what: 'no such group',
    bad: { files: { [DROP_IN]: '[Service]\nSupplementaryGroups=nobody-has-it\n' } },
    severity: 'error',
    evidence: /x\.conf:2: group nobody-has-it/,
    remedy: /install/,
    near: { files: { [DROP_IN]: '[Service]\nSupplementaryGroups=frrvty frr\n' } },
  },
  {
    code: 'unit-needs-reload',
    what: 'yes',
    bad: { more: { systemd: seen({ unit: { ActiveState: 'active', NeedDaemonReload: 'yes' } }) } },
    severity: 'warning',
    evidence: /NeedDaemonReload=yes/,
    remedy: /daemon-reload/,
    near: {},
  },
  {
    code: 'unit-differs',
    what: 'edited',
    bad: { files: { [UNIT]: UNIT_TEXT.replace('RestartSec=100ms', 'RestartSec=5s') } },
    severity: 'warning',
    evidence: /missing: RestartSec=100ms\ninstead or besides: RestartSec=5s/,
    remedy: /scripts\/install/,
    near: {
      files: {
        [UNIT]: UNIT_TEXT.replaceAll('/usr/bin/backup-router', '/usr/local/bin/backup-router').replace(/^#.*$/gm, ''),
        [DROP_IN]: '[Service]\nRestartSec=1s\n',
      },
    },
  },
  {
    code: 'unit-sandbox',
    what: 'V8 may not compile',
    bad: {
      files: {
        [DROP_IN]: '[Service]\nMemoryDenyWriteExecute=yes\nSystemCallFilter=\nSystemCallFilter=@system-service\n',
      },
    },
    severity: 'error',
    evidence: /x\.conf:2: MemoryDenyWriteExecute=yes\n.*x\.conf:4: SystemCallFilter= without @pkey/,
    remedy: /SystemCallFilter=@pkey/,
    near: { files: { [DROP_IN]: '[Service]\nMemoryDenyWriteExecute=no\nSystemCallFilter=~@debug\n' } },
  },
  {
    code: 'unit-sandbox',
    what: 'a notifier that is not believed',
    bad: { files: { [DROP_IN]: '[Service]\nNotifyAccess=main\n' }, more: { nativeFault: 'no koffi' } },
    severity: 'error',
    evidence: /NotifyAccess=main/,
    remedy: /NotifyAccess=all/,
    near: { files: { [DROP_IN]: '[Service]\nNotifyAccess=main\n' } },
  },
  {
    code: 'unit-no-watchdog',
    what: 'a drop-in turns it off',
    bad: { files: { [DROP_IN]: '[Service]\nWatchdogSec=0\n' } },
    severity: 'warning',
    evidence: /x\.conf:2: WatchdogSec=0/,
    remedy: /WatchdogSec=20s/,
    near: { files: { [DROP_IN]: '[Service]\nWatchdogSec=60\n' } },
  },
  {
    code: 'unit-no-restart',
    what: 'a drop-in limits it',
    bad: { files: { [DROP_IN]: '[Unit]\nStartLimitIntervalSec=10\n[Service]\nRestart=on-failure\n' } },
    severity: 'warning',
    evidence: /Restart=on-failure\n.*StartLimitIntervalSec=10/,
    remedy: /Restart=always/,
    near: {},
  },
  {
    code: 'unit-ordering',
    what: 'another unit is watched',
    bad: { config: config('', '[{unit: holo.service}]') },
    severity: 'warning',
    evidence: /Before=.*frr\.service/,
    remedy: /Before=holo\.service/,
    near: {
      config: config('', '[{unit: holo.service}]'),
      files: { [START_DROP_IN]: '[Unit]\nBefore=holo.service\n' },
    },
  },
  {
    code: 'unit-ordering',
    what: 'nothing queues the target',
    bad: { files: { '/etc/systemd/system/multi-user.target.wants/backup-router-start.target': undefined } },
    severity: 'warning',
    evidence: /no backup-router-start\.target in any/,
    remedy: /systemctl enable backup-router-start\.target/,
    near: {
      files: {
        '/etc/systemd/system/multi-user.target.wants/backup-router-start.target': undefined,
        '/etc/systemd/system/graphical.target.wants/backup-router-start.target': '',
      },
    },
  },
  {
    code: 'unit-ordering',
    what: 'too early',
    bad: { files: { [DROP_IN]: '[Unit]\nBefore=network-pre.target\n' } },
    severity: 'warning',
    evidence: /x\.conf:2: Before=network-pre\.target/,
    remedy: /remove network-pre\.target/,
    near: { config: config('', BIRD) },
  },
  {
    code: 'runtime-watchdog-off',
    what: 'not set',
    bad: { files: { '/etc/systemd/system.conf': '[Manager]\n#RuntimeWatchdogSec=0\n' } },
    severity: 'note',
    evidence: /not set/,
    remedy: /RuntimeWatchdogSec=30s/,
    near: {
      files: {
        '/etc/systemd/system.conf': '',
        '/etc/systemd/system.conf.d/w.conf': '[Manager]\nRuntimeWatchdogSec=1min\n',
      },
    },
  },
];

const AGENT: readonly Row[] = [
  {
    code: 'probe-timeout-short',
    what: 'two seconds',
    bad: { config: config('detect: {probe-timeout: 2s}') },
    severity: 'note',
    evidence: /2000 ms/,
    remedy: /10s/,
    near: { config: config('detect: {probe-timeout: 2s}', BIRD) },
  },
  {
    code: 'config-missing',
    what: 'a host without one, for which a whole one is proposed',
    bad: { missing: [] },
    severity: 'error',
    evidence: /config\.yaml/,
    remedy: /^backup-router init \| sudo tee \/etc\/backup-router\/config\.yaml\n/,
    near: {},
  },
  {
    code: 'config-missing',
    what: 'a host of which nothing is known',
    bad: { missing: ['which port is the management interface: eth0 or eth1'] },
    severity: 'error',
    evidence: /cannot tell which port/,
    remedy: /^backup-router init\n# /,
    near: {},
  },
  {
    code: 'config-faults',
    what: 'a warning',
    bad: { config: config('', undefined, '{address: 10.255.0.1, destination: [10.0.0.0/8, 10.0.0.0/8]}') },
    severity: 'warning',
    evidence: /config\.yaml:2:\d+: backup-router/,
    remedy: /^# /,
    near: {},
  },
  {
    code: 'config-not-running',
    what: 'the last known good copy runs',
    bad: {
      status: seen(
        status({
          configuration: {
            file: '/etc/backup-router/config.yaml',
            source: 'last-known-good',
            errors: ['config.yaml:3: unknown key'],
            changed: false,
            unconfirmed: null,
            rolledBackAt: null,
          },
        }),
      ),
    },
    severity: 'error',
    evidence: /unknown key/,
    remedy: /reload/,
    near: {},
  },
  {
    code: 'config-not-running',
    what: 'the file has changed',
    bad: { status: seen(status({ routes: { ...status().routes, placement: 'main' } })) },
    severity: 'warning',
    evidence: /placement: local in the file, main runs/,
    remedy: /reload/,
    near: { status: seen(undefined) },
  },
  {
    code: 'config-not-running',
    what: 'the text has changed',
    bad: {
      status: seen(status({ configuration: { ...status().configuration, changed: true } })),
      more: { configuration: { ...hostWith().configuration, kept: seen('other\n') } },
    },
    severity: 'warning',
    evidence: /last-known-good\.yaml differs/,
    remedy: /^diff/,
    near: {},
  },
  {
    code: 'config-not-running',
    what: 'another file',
    bad: {
      status: seen(
        status({
          configuration: {
            file: '/etc/other.yaml',
            source: 'file',
            errors: [],
            changed: false,
            unconfirmed: null,
            rolledBackAt: null,
          },
        }),
      ),
    },
    severity: 'warning',
    evidence: /running: \/etc\/other\.yaml/,
    remedy: /doctor -c \/etc\/other\.yaml/,
    near: {},
  },
  {
    code: 'agent-not-running',
    what: 'nobody',
    bad: { status: seen(undefined) },
    severity: 'warning',
    evidence: /nobody listens on \/run\/backup-router\/control\.sock/,
    remedy: /systemctl start/,
    near: {},
  },
  {
    code: 'agent-not-running',
    what: 'may not be asked',
    bad: { status: unseen('no permission for /run/backup-router/control.sock') },
    severity: 'unknown',
    evidence: /^$/,
    near: {},
  },
  {
    code: 'agent-dry-run',
    what: 'it only prints',
    bad: { status: seen(status({ agent: { ...status().agent, dryRun: true } })) },
    severity: 'error',
    evidence: /4711/,
    remedy: /kill 4711/,
    near: {},
  },
  {
    code: 'two-agents',
    what: 'two',
    bad: others('99 /usr/bin/node /x/cli/main.js run'),
    severity: 'warning',
    evidence: /4711 \(answers.*\n99 /,
    remedy: /kill 99/,
    near: others(),
  },
  {
    code: 'two-agents',
    what: 'one that listens elsewhere',
    bad: { more: { agent: { ...agent, status: seen(undefined), others: seen(['99 backup-router run']) } } },
    severity: 'warning',
    evidence: /^99/,
    remedy: /RUNTIME_DIRECTORY/,
    near: { status: seen(undefined) },
  },
  {
    code: 'agent-old-version',
    what: 'not restarted',
    bad: { status: seen(status({ agent: { ...status().agent, version: '0.0.1' } })) },
    severity: 'warning',
    evidence: /0\.0\.1/,
    remedy: /restart/,
    near: {},
  },
  {
    code: 'capability-missing',
    what: 'the running agent',
    bad: { more: { agent: { ...agent, identity: { ...agent.identity!, capabilities: 0n } } } },
    severity: 'error',
    evidence: /CapEff 0{16}/,
    remedy: /AmbientCapabilities/,
    near: { more: { agent: { ...agent, status: seen(undefined), identity: undefined } } },
  },
  {
    code: 'capability-missing',
    what: 'the unit drops it',
    bad: {
      files: { [DROP_IN]: '[Service]\nAmbientCapabilities=\n' },
      status: seen(undefined),
      more: { agent: { ...agent, status: seen(undefined), identity: undefined } },
    },
    severity: 'error',
    evidence: /user backup-router of the unit/,
    remedy: /CAP_NET_ADMIN/,
    near: {
      files: { [DROP_IN]: '[Service]\nAmbientCapabilities=CAP_NET_RAW\n' },
      status: seen(undefined),
      more: { agent: { ...agent, status: seen(undefined), identity: undefined } },
    },
  },
  {
    code: 'state-not-writable',
    what: "root's",
    bad: {
      more: {
        stateDirectory: { path: '/s', exists: 'yes', steps: [{ path: '/s', mode: 0o755, uid: 0, gid: 0 }] },
      },
    },
    severity: 'warning',
    evidence: /\/s: mode 0755, uid 0, gid 0/,
    remedy: /install -d .* \/s/,
    near: {
      more: {
        stateDirectory: { path: '/s', exists: 'yes', steps: [{ path: '/s', mode: 0o775, uid: 0, gid: 103 }] },
      },
    },
  },
  {
    code: 'state-not-writable',
    what: 'not there, and no unit makes it',
    bad: { files: { [UNIT]: undefined }, more: { stateDirectory: { path: '/s', exists: 'no', steps: [] } } },
    severity: 'warning',
    evidence: /no \/s/,
    remedy: /install -d/,
    near: { more: { stateDirectory: { path: '/s', exists: 'no', steps: [] } } },
  },
  {
    code: 'last-known-good-missing',
    what: 'none kept',
    bad: { more: { configuration: { ...hostWith().configuration, kept: seen(undefined) } } },
    severity: 'warning',
    evidence: /no \/var\/lib/,
    remedy: /df/,
    near: {
      status: seen(undefined),
      more: { configuration: { ...hostWith().configuration, kept: seen(undefined) } },
    },
  },
  {
    code: 'native-missing',
    what: 'no binary',
    bad: { more: { nativeFault: 'Cannot find the native Koffi module' } },
    severity: 'warning',
    evidence: /Koffi/,
    remedy: /npm ci/,
    near: {},
  },
  {
    code: 'clock-before-build',
    what: '1970',
    bad: { more: { clock: { now: 1000, built: Date.UTC(2026, 0, 1) } } },
    severity: 'warning',
    evidence: /now 1970.*\nbuilt 2026/,
    remedy: /timedatectl/,
    near: { more: { clock: { now: Date.UTC(2026, 0, 1), built: Date.UTC(2026, 0, 1) + 3_600_000 } } },
  },
  {
    code: 'clock-not-synchronised',
    what: 'a pid file is watched',
    bad: { config: config('', '[{pidfile: /run/x.pid}]') },
    severity: 'unknown',
    evidence: /^$/,
    remedy: /timedatectl/,
    near: {
      config: config('', '[{pidfile: /run/x.pid}]'),
      files: { '/run/systemd/timesync/synchronized': '' },
    },
  },
];

export const HOST_ROWS: readonly Row[] = [...SOCKETS, ...FRR, ...MANAGERS, ...UNITS, ...AGENT];
