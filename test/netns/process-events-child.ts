/**
 * Run by process-events-edges.test.ts where process events may be missing: in another network, pid
 * or user namespace, or as another user. It watches the unix socket in argv without a heartbeat
 * and writes each verdict, and why there are no events, as a line of JSON.
 */

import { openHealth } from '../../src/health/open.js';
import { systemClock } from '../../src/host/clock.js';
import { openProcessEvents } from '../../src/kernel/process/process-events.js';

const path = process.argv[2] ?? '';
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const processes = openProcessEvents({ onAbsent: (absent) => say({ absent }) });
const health = openHealth(
  [{ kind: 'socket', endpoint: { kind: 'unix', path }, routeProtocols: [] }],
  { probeIntervalMs: 100, probeTimeoutMs: 1000 },
  systemClock,
  processes,
);
// A daemon of another pid namespace has no number here, and would not even be asked for.
processes.watch(process.pid, () => undefined);
health.start((_id, verdict) => say({ verdict: verdict.kind, reason: verdict.reason }));
const poll = setInterval(() => {
  if (!processes.live) return;
  clearInterval(poll);
  say({ live: true });
}, 10);
process.stdin.on('end', () => process.exit(0)).resume();
