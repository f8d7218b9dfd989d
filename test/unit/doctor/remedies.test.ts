/**
 * Every remedy of doctor is tried in the state that evoked it, and what it was for is gone afterwards: here those for the configuration and
 * for files, in a network namespace those for the kernel and for daemons. What cannot be tried is named, with the reason.
 */

import t from 'tap';
import { SCENES, TRIED_BESIDE } from '../../netns/doctor-trials.js';
import { alternativesOf, carriedOut, kindOf, shapeOf } from './carry-out.js';
import { judge } from './fixture.js';
import { HOST_ROWS } from './rows-host.js';
import { LINK_ROWS } from './rows-link.js';
import { ROUTE_ROWS } from './rows-routes.js';

const ROWS = [...LINK_ROWS, ...ROUTE_ROWS, ...HOST_ROWS].filter(({ severity }) => severity !== 'unknown');

const LOOKS = 'it looks, and changes nothing';
const SYSTEMD = 'it asks systemd; the units are started, stopped and edited by the tests below test/systemd';
/** By shape. */
const NOT_TRIED: Readonly<Record<string, string>> = {
  'interface-no-carrier: ethtool': LOOKS,
  'interface-no-address: ip address': LOOKS,
  'gateway-dead: ip neighbour': LOOKS,
  'protocol-foreign-routes: ip route': LOOKS,
  'agent-interference: backup-router status': LOOKS,
  'model-disagrees: ip rule': LOOKS,
  'replies-not-in: backup-router status': LOOKS,
  'carries-nothing: backup-router explain': LOOKS,
  'refusal-hides: backup-router explain': LOOKS,
  'agent-not-in-state: backup-router status': LOOKS,
  'last-known-good-missing: ls': LOOKS,
  'config-not-running: backup-router doctor': LOOKS,
  'interface-ambiguous: ip link': 'no kernel has one name twice (K9); it is there for links that come and go meanwhile',
  'interface-not-in-vrf: ip link': 'it needs a kernel with VRFs: scripts/test-vrf',
  'default-distance-zero: sysctl -w': 'it acts on the next advertisement of a router; netns/adopt.test.ts sets it',
  'default-distance-zero: [DHCPv4]': 'a line for systemd-networkd, which then asks for the lease anew',
  'gateway-auto-none: networkctl': 'it needs a DHCP server and systemd-networkd',
  'netplan-default: dhcp4-overrides:': 'a line for the file of netplan, at the place of its dhcp4; rows-host.ts has it',
  'networkmanager-managed: nmcli': 'it needs a NetworkManager',
  'networkmanager-managed: mkdir': 'it needs a NetworkManager',
  'socket-denied: usermod': SYSTEMD,
  'socket-denied: [Service]': SYSTEMD,
  'socket-denied: docker run': 'it needs a container: scripts/test packages starts one with that group',
  'socket-absent: systemctl start': SYSTEMD,
  'socket-stale: systemctl start': SYSTEMD,
  'stale-routes: systemctl restart': SYSTEMD,
  'no-systemd: while': 'a line for the entry point of a container',
  'unit-not-installed: scripts/install': SYSTEMD,
  'unit-not-active: journalctl': SYSTEMD,
  'unit-not-active: systemctl start': SYSTEMD,
  'unit-user-missing: /usr/lib/backup-router/lifecycle': 'a program of the package: scripts/test packages runs it',
  'unit-needs-reload: systemctl daemon-reload': SYSTEMD,
  'unit-differs: systemctl edit': 'it opens an editor for settings of an operator',
  'agent-not-running: systemctl start': SYSTEMD,
  'agent-dry-run: kill': SYSTEMD,
  'agent-old-version: systemctl restart': SYSTEMD,
  'native-missing: npm': 'it installs the program anew',
  'clock-before-build: timedatectl': 'it sets the clock of the machine',
  'config-missing: backup-router init':
    'netns/outputs.test.ts and the tests of init take what it prints as a configuration',
};

/** Rows, or checks, whose evidence is of a kernel or a process, which the host of a row has not. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'table-in-use': 'table-in-use: table-base',
  'capability-missing: the running agent': SYSTEMD,
};

/** Checks of which the remedy is words alone, with the reason. */
const WORDS: Readonly<Record<string, string>> = {
  'gateway-own-address': 'the address of another router is not known',
  'gateway-none': 'the address of a router is not known',
  'destination-over-subnet': 'a line to remove, which it names',
  'destination-nested': 'a line to remove, which it names',
  'gateway-off-link': 'the right address is not known',
  'pid1-does-not-reap': 'how the container is started',
  'two-agents': 'the other directory is not known',
  'unit-ordering': 'a line to remove, which it names',
  'config-faults': 'what the reader of the configuration says; tested there',
};

const shapes = new Set<string>();
for (const { code, what, bad } of ROWS) {
  const before = judge(code, bad);
  if (before === 'not-applicable') continue;
  for (const { remedy, message, evidence } of before) {
    if (remedy === undefined) continue;
    const alternatives = alternativesOf(remedy);
    if (alternatives.length === 0) t.ok(WORDS[code], `${code}: ${what}: words alone, and why: ${remedy}`);
    for (const lines of alternatives) {
      const beside = ELSEWHERE[`${code}: ${what}`] ?? ELSEWHERE[code];
      if (beside !== undefined) {
        if (beside !== SYSTEMD) shapes.add(beside);
        continue;
      }
      if (kindOf(lines) === 'other') {
        shapes.add(shapeOf(code, lines));
        continue;
      }
      t.test(`${code}: ${what}: ${lines[0]}`, async (t) => {
        const after = judge(code, carriedOut(bad, lines));
        t.ok(
          after === 'not-applicable' ||
            !after.some(
              (one) => one.message === message && one.severity !== 'unknown' && one.evidence.length >= evidence.length,
            ),
          `gone, or less: ${JSON.stringify(after)}`,
        );
      });
    }
  }
}

t.test('every remedy that acts on the kernel or a daemon is tried, or it is said why not', async (t) => {
  const tried = new Set([...SCENES.flatMap(({ shapes: all }) => all), ...Object.keys(TRIED_BESIDE)]);
  t.strictSame([...shapes].filter((shape) => !tried.has(shape) && NOT_TRIED[shape] === undefined).sort(), []);
  t.strictSame(
    Object.keys(NOT_TRIED).filter((shape) => !shapes.has(shape)),
    [],
    'and none is named that there is not',
  );
});
