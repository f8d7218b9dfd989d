/**
 * Whatever the agent does, the routing daemon starts at most 5 s later than without it, and the
 * network not later at all: agents that hang, crash, are missing, or are told to wait by a busy
 * machine. The units are the shipped ones, the order is PID 1's; agent and frr.service are stand-ins,
 * since nothing but their jobs matters here.
 */

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createLab } from '../../src/drill/lab/lab.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { debianRoot, type RootOptions } from './host/debian-root.js';
import { bootMachine, type Machine } from './host/machine.js';
import { createOverlay } from './host/overlay.js';
import { PROJECT } from './host/project.js';
import { cannotBoot } from './host/requirements.js';

const UNITS = '/etc/systemd/system';
const AGENT = 'backup-router.service';
const START = 'backup-router-start.target';
/** One transaction, as a boot is one. */
const BOOT = 'test-boot.target';
/** As Debian orders it. */
const FRR =
  '[Unit]\nAfter=network-pre.target systemd-sysctl.service\nBefore=network.target\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n';
const NETWORK =
  '[Unit]\nAfter=network-pre.target\nBefore=network.target\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n';
/** What PID 1 of a busy machine may add. */
const BUSY_MS = 1_500;
const BOUND_MS = 5_000;

// Building a root takes longer than the test.
t.setTimeout(400_000);

/** This host's release, and systemd 257 where it is a Debian. */
const ROOTS: Readonly<Record<string, RootOptions>> = {
  'this release': {},
  ...(/^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
    ? { 'Debian 13': { suite: 'trixie', packages: ['systemd', 'systemd-sysv', 'procps'] } }
    : {}),
};

for (const [name, root] of Object.entries(ROOTS))
  t.test(`the agent holds nothing back for long: ${name}`, { skip: cannotBoot() }, (t) => holdsNothingBack(t, root));

async function holdsNothingBack(t: Test, root: RootOptions): Promise<void> {
  const lab = createLab();
  t.teardown(() => lab.close());
  const namespace = lab.namespace('router');
  const directory = join(lab.directory, 'machine');
  mkdirSync(directory);
  const overlay = createOverlay(debianRoot(root), directory);
  const machine = await bootMachine({ overlay, namespace, directory: lab.directory });
  t.teardown(() => machine.close());
  t.comment(machine.run('systemctl', '--version').split('\n')[0]);
  for (const unit of [AGENT, START])
    machine.write(`${UNITS}/${unit}`, readFileSync(`${PROJECT}/systemd/${unit}`, 'utf8'));
  machine.write(`${UNITS}/frr.service`, FRR);
  machine.write(`${UNITS}/test-network.service`, NETWORK);
  machine.write(`${UNITS}/${BOOT}`, `[Unit]\nWants=${AGENT} ${START} frr.service test-network.service\n`);

  t.test('nothing but the routing daemon is ordered after it', async (t) => {
    for (const unit of [AGENT, START])
      t.notMatch(machine.property(unit, 'Before'), /network/, `${unit} is before no network`);
    t.notMatch(machine.property(AGENT, 'Before'), /frr|bird|start\.target.*network/, 'and the agent before no daemon');
  });

  const cases: readonly (readonly [string, string])[] = [
    [
      'an agent that hangs and is restarted at once',
      'ExecStart=/bin/sleep infinity\nTimeoutStartSec=3s\nRestartSec=1ms\n',
    ],
    ['an agent that hangs for good', 'ExecStart=/bin/sleep infinity\nTimeoutStartSec=infinity\n'],
    ['an agent that crashes and is restarted at once', 'ExecStart=/bin/false\nRestartSec=1ms\n'],
    ['a program that is missing', 'ExecStart=/nowhere/backup-router run\nRestartSec=1ms\n'],
  ];
  // The others differ by nothing that a release could change.
  for (const [what, service] of root.suite === undefined ? cases : cases.slice(0, 1))
    t.test(what, async (t) => {
      const { daemonMs, networkMs } = await boot(machine, service);
      t.ok(daemonMs < BOUND_MS, `FRR starts after ${daemonMs} ms`);
      t.ok(networkMs < 1_000 + BUSY_MS, `the network after ${networkMs} ms`);
    });

  t.test('an agent that hangs, on a machine without a CPU to spare', async (t) => {
    machine.run('sh', '-c', 'for i in 1 2 3 4 5 6; do timeout 7 sh -c "while :; do :; done" >/dev/null 2>&1 & done');
    const { daemonMs } = await boot(machine, cases[0]![1]);
    t.ok(daemonMs < BOUND_MS + BUSY_MS, `FRR starts after ${daemonMs} ms`);
  });

  t.test('an agent that is ready soon is waited for', async (t) => {
    const ready = 'NotifyAccess=all\nExecStart=/bin/sh -c "sleep 0.5; systemd-notify --ready; exec sleep infinity"\n';
    const { daemonMs } = await boot(machine, ready);
    const at = (unit: string, property: string): number => Number(machine.property(unit, property));
    t.ok(daemonMs >= 500, `${daemonMs} ms`);
    t.ok(
      at(AGENT, 'ActiveEnterTimestampMonotonic') < at('frr.service', 'InactiveExitTimestampMonotonic'),
      'READY first',
    );
  });
}

/** Milliseconds from the transaction to the start of each. */
async function boot(
  machine: Machine,
  service: string,
): Promise<{ readonly daemonMs: number; readonly networkMs: number }> {
  machine.write(
    `${UNITS}/${AGENT}.d/test.conf`,
    `[Service]\nUser=root\nGroup=root\nExecStopPost=\nExecStart=\n${service}`,
  );
  machine.try('systemctl', 'stop', BOOT, AGENT, START, 'frr.service', 'test-network.service');
  machine.try('systemctl', 'reset-failed');
  machine.run('systemctl', 'daemon-reload');
  const beganUs = Number(process.hrtime.bigint() / 1000n);
  machine.run('systemctl', 'start', '--no-block', BOOT);
  const since = (unit: string): number =>
    Math.round((Number(machine.property(unit, 'InactiveExitTimestampMonotonic')) - beganUs) / 1000);
  await eventually(() => machine.property('frr.service', 'ActiveState') === 'active', {
    timeoutMs: 15_000,
    what: 'FRR to start',
  });
  return { daemonMs: since('frr.service'), networkMs: since('test-network.service') };
}
