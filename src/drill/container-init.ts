/**
 * The first process in the container of a drill (container.ts). It reads its setup from standard
 * input, runs the cases, and reports on standard output, one line of JSON per event.
 *
 * Invariant: it ends when its standard input ends, whatever it is doing. The kernel then ends
 * everything else in the container.
 */

import { createInterface } from 'node:readline';
import type { DrillEvent, DrillSetup } from './protocol.js';
import { runDrill } from './run.js';

if (process.pid !== 1) {
  process.stderr.write('this is the inner half of backup-router drill; start that\n');
  process.exit(64);
}

const input = createInterface({ input: process.stdin });
input.on('close', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));
input.once('line', (line) => {
  runDrill(JSON.parse(line) as DrillSetup, tell).catch((error: unknown) =>
    tell({
      kind: 'broken',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }),
  );
});

function tell(event: DrillEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`, () => {
    if (event.kind === 'end' || event.kind === 'broken') process.exit(0);
  });
}
