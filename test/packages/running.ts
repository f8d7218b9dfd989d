/** What is asked of a running agent whatever package it came in: its own runtime, and a replacement that costs nobody a packet. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { eventually } from '../../src/drill/lab/wait.js';
import { startPing } from '../lab/ping.js';
import type { Machine } from '../systemd/host/machine.js';
import type { Router } from '../systemd/router.js';

export const AGENT = 'backup-router.service';

/** The agent runs with the Node of the package, and both native modules are loaded. */
export function runsWithItsOwn(t: Test, machine: Machine): void {
  const pid = machine.property(AGENT, 'MainPID');
  t.equal(machine.run('readlink', `/proc/${pid}/exe`).trim(), '/usr/lib/backup-router/node');
  const maps = machine.run('cat', `/proc/${pid}/maps`);
  t.match(maps, /\/usr\/lib\/backup-router\/.*\/koffi\.node$/m);
  t.match(maps, /\/usr\/lib\/backup-router\/.*\/node\.napi\.node$/m);
  t.notMatch(machine.run('journalctl', '--no-pager', '-u', AGENT), /no-koffi|Cannot find module/);
}

/** Runs the command, which replaces the agent, under a ping that only the backup routes answer. No packet and no route may be missing. */
export async function replacedUnderPing(t: Test, router: Router, ...argv: readonly string[]): Promise<void> {
  const { machine } = router;
  const [before, pid] = [router.owned(), machine.property(AGENT, 'MainPID')];
  const ping = startPing(router.gateway, '10.77.0.2', { source: '198.51.100.9' });
  await ping.nextReply();
  // Each 10 ms the number of our IPv4 routes and rules; every deletion that the kernel tells of.
  const samples: string[] = [];
  const sampler = router.namespace.spawn(
    [
      'sh',
      '-c',
      `while :; do echo "$(ip -N -4 route show table all proto 157 | wc -l) $(ip -N -4 rule show | grep -c 'proto 157')"; sleep 0.01; done`,
    ],
    { closeSignal: 'SIGKILL', keepLines: false, onLine: (line) => samples.push(line) },
  );
  const deleted: string[] = [];
  const monitor = router.namespace.spawn(['stdbuf', '-oL', 'ip', '-N', 'monitor', 'route', 'rule'], {
    closeSignal: 'SIGKILL',
    keepLines: false,
    onLine: (line) => {
      if (/^Deleted.*proto 157/.test(line)) deleted.push(line);
    },
  });
  await eventually(() => samples.length > 0, { timeoutMs: 5_000, what: 'the first sample' });
  const result = await machine.tryAsync(...argv);
  t.equal(result.status, 0, result.stdout + result.stderr);
  await eventually(
    () =>
      ![pid, '0'].includes(machine.property(AGENT, 'MainPID')) && machine.property(AGENT, 'ActiveState') === 'active',
    {
      timeoutMs: 10_000,
      what: 'another process, ready',
    },
  );
  await delay(500);
  await sampler.stop('SIGKILL');
  await monitor.stop('SIGKILL');
  t.equal(await ping.lost(), 0, 'no ping is lost');
  const totals = await ping.stop();
  t.comment(`${totals.sent} pings, ${samples.length} samples of the routes`);
  t.same([...new Set(samples)], [samples[0]], 'the routes and rules are there in each sample');
  t.match(samples[0], /^[1-9]\d* [1-9]/);
  t.same(deleted, [], 'none was deleted in between');
  t.ok(totals.received > 50 && samples.length > 5, 'something was measured');
  t.same(router.owned(), before);
  runsWithItsOwn(t, machine);
}
