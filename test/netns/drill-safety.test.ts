/**
 * A drill on a router in production. The host is the same to the byte before, during and after the
 * drill, and nothing is left of a drill that is killed. The drill under observation runs the whole
 * matrix with FRR.
 */

import t from 'tap';
import { eventually, sleep } from '../../src/drill/lab/wait.js';
import { configText, type DrillJson, difference, Host, machineState } from './drill-support.js';

t.test('the whole matrix with FRR, and the host stays as it is', async (t) => {
  const machine = machineState();
  const host = await Host.open();
  t.teardown(async () => host.close());
  const before = host.state();
  t.match(before, /default via 10\.255\.0\.1 dev eth0 table 25500 proto 157/, 'the host has something to lose');
  t.match(before, /zebra\.7\/crashlog/);
  const drill = host.drill(
    configText({ 'inet6-backup-router': { address: 'fe80::1', destination: '2001:db8:100::/40' } }),
    '--json',
    '--max-outage',
    '3s',
  );
  const differing: string[] = [];
  let looks = 0;
  let rootMount = '';
  while (drill.running) {
    differing.push(...difference(before, host.state()));
    looks++;
    // The first process of the drill's own container, as the host sees it.
    rootMount ||= host.run([
      'sh',
      '-c',
      "for d in /proc/[0-9]*; do if tr '\\0' ' ' < $d/cmdline 2>/dev/null | grep -q '^[^ ]*node [^ ]*drill-container-init'; then grep -F ' / / ' $d/mountinfo; fi; done",
    ]).stdout;
    await sleep(700);
  }
  const end = await drill.exited;
  const report = JSON.parse(drill.lines.slice(1).join('\n')) as DrillJson;
  for (const one of report.cases)
    t.ok(
      one.passed,
      `${one.name}: outage ${one.outageMs} ms, in after ${one.routesInMs} ms, by ${one.carriedBy.join(', ')}${one.reason === '' ? '' : `: ${one.reason}`}`,
    );
  t.equal(end.status, 0);
  t.equal(report.daemon, 'frr');
  t.same(
    report.cases.map(({ name }) => name),
    ['boot', 'start', 'restart', 'hang', 'kill', 'stop', 'link-flap', 'address-loss', 'flush', 'agent-kill'],
  );
  t.same(
    report.cases.find(({ name }) => name === 'kill')?.carriedBy,
    ['daemon', 'backup', 'daemon'],
    'the stale route, the backup router, the daemon again',
  );
  t.ok(looks >= 5, `${looks} looks`);
  t.same([...new Set(differing)], [], 'the same at each look');
  t.same(difference(before, host.state()), [], 'the same afterwards');
  t.match(rootMount, / \/ \/ ro/, "the container's root file system is read-only");
  await eventually(() => host.strangers().length === 0, { what: 'no process is left' });
  t.same(difference(machine, machineState()), [], "the machine's own network is the same");
});

t.test('killed in the middle, nothing is left', async (t) => {
  const host = await Host.open();
  t.teardown(async () => host.close());
  const before = host.state();
  const ends: readonly (readonly [NodeJS.Signals, number])[] = [
    ['SIGKILL', 50 + Math.random() * 300],
    ['SIGKILL', 400 + Math.random() * 800],
    ['SIGKILL', 1200 + Math.random() * 3000],
    ['SIGINT', 500 + Math.random() * 2000],
    ['SIGTERM', 500 + Math.random() * 2000],
    ['SIGHUP', 500 + Math.random() * 2000],
  ];
  for (const [signal, afterMs] of ends) {
    const drill = host.drill(configText());
    await eventually(() => drill.lines.length > 0, { intervalMs: 5 });
    await sleep(afterMs);
    const running = host.strangers().length;
    host.run(['kill', `-${signal.slice(3)}`, drill.lines[0]!]);
    const end = await drill.exited;
    await eventually(() => host.strangers().length === 0, {
      timeoutMs: 15_000,
      what: 'no process is left',
    }).catch(() => undefined);
    t.same(host.strangers(), [], `${signal} after ${afterMs.toFixed(0)} ms, with ${running} processes: none is left`);
    t.same(difference(before, host.state()), [], 'and the host is the same');
    t.ok(end.status !== 0, 'and it is no success');
  }
});

t.test('stopped first and killed then, nothing is left either', async (t) => {
  const host = await Host.open();
  t.teardown(async () => host.close());
  const before = host.state();
  const drill = host.drill(configText());
  await eventually(() => drill.lines.some((line) => line.startsWith('boot ')), {
    timeoutMs: 60_000,
    what: 'the first case',
  });
  t.ok(host.strangers().length > 4, 'daemons are running');
  // Its handlers never run; the container must notice by itself.
  host.run(['kill', '-STOP', drill.lines[0]!]);
  host.run(['kill', '-KILL', drill.lines[0]!]);
  await eventually(() => host.strangers().length === 0, { timeoutMs: 15_000, what: 'no process is left' });
  t.same(difference(before, host.state()), []);
  // nsenter stops itself when its child is stopped, and would sit there for ever.
  drill.kill('SIGCONT');
  t.not((await drill.exited).status, 0);
});
