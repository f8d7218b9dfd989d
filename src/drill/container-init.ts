/**
 * The first process inside the container of a drill (container.ts). Reads its setup from standard
 * input and runs the cases; reports on standard output, a line of JSON for each event.
 *
 * Invariant: it ends when its standard input does, whatever it is doing; the kernel then ends
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
