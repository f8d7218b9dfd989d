/**
 * The agent's driver, kernel and record with a Config object instead of a file, for adopt.test.ts.
 * Run inside a namespace as `adopt-agent.js DIRECTORY JSON`. It ends on SIGTERM as the agent does,
 * writes `status.json` after every input and the journal to standard error, and kills itself at
 * the point that the setup names.
 */

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULTS } from '../../src/config/settings.js';
import { openHealth } from '../../src/health/open.js';
import { systemClock } from '../../src/host/clock.js';
import { openKernel } from '../../src/kernel/kernel.js';
import type { Config } from '../../src/model/config.js';
import { readAdopted, writeAdopted } from '../../src/runtime/adopted-record.js';
import { startDriver } from '../../src/runtime/driver.js';
import { createEmit } from '../../src/runtime/emit.js';
import { createJournal } from '../../src/runtime/journal.js';
import { createLog } from '../../src/runtime/log.js';
import { statusOf } from '../fake/status.js';

export interface AgentSetup {
  readonly config: Pick<Config, 'managementInterfaces'> & Partial<Config>;
  /** `record`: between the record and the deletion; `delete`: between the deletion and the next look. */
  readonly dieAfter?: 'record' | 'delete';
}

const [directory, setupText] = process.argv.slice(2);
const setup = JSON.parse(setupText!) as AgentSetup;
const config: Config = { ...DEFAULTS, role: { kind: 'fixed', role: 'primary' }, ...setup.config };
const record = join(directory!, 'adopted.json');
mkdirSync(directory!, { recursive: true });

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  for (;;);
};
const kernel = openKernel();
const startedAt = performance.now();
const log = createLog({}, false);
const driver = startDriver({
  kernel: {
    ...kernel,
    async apply(steps) {
      const results = await kernel.apply(steps);
      if (setup.dieAfter === 'delete' && steps.some((step) => step.kind === 'adopt-route')) die();
      return results;
    },
  },
  health: openHealth(config.routingDaemons, config),
  clock: systemClock,
  journal: createJournal(createEmit(log)),
  record(adopted) {
    const fault = writeAdopted(record, adopted);
    if (setup.dieAfter === 'record') die();
    return fault;
  },
  beginning: {
    config,
    former: undefined,
    resyncMs: 30_000,
    role: { role: config.role.kind === 'fixed' ? config.role.role : 'primary', reason: 'configured' },
    roleOverride: undefined,
    pin: undefined,
    adopted: readAdopted(record).adopted,
  },
  onSettled(state) {
    const around = {
      pid: process.pid,
      version: '0',
      dryRun: false,
      networkNamespace: null,
      startedAt,
      wallOffset: Date.now() - performance.now(),
      configuration: { file: '-', source: 'file', errors: [] },
    } as const;
    writeFileSync(join(directory!, 'status.new'), JSON.stringify(statusOf(state, around, performance.now())));
    renameSync(join(directory!, 'status.new'), join(directory!, 'status.json'));
  },
  onExit: () => process.exit(0),
});
process.on('SIGTERM', () => driver.dispatch({ kind: 'stop' }));
