/**
 * scripts/bench, once everything is compiled: runs the sections one after the other and prints what they found.
 * Exit status 0 when everything could be measured, whatever the numbers: they are judged by people, on a machine they know.
 */

import { writeFileSync } from 'node:fs';
import { foreignChanges } from './changes.js';
import { commands } from './commands.js';
import { deathToRoute } from './death.js';
import { hangAndReturn } from './hang.js';
import { load, machine, stolenPercent } from './machine.js';
import { others } from './others.js';
import { type Plan, planOf, type SectionId, USAGE } from './plan.js';
import { render } from './render.js';
import type { Section } from './results.js';
import { scale } from './scale.js';
import { startToRoute } from './start.js';

const RUN: Readonly<Record<SectionId, (plan: Plan) => Promise<Section>>> = {
  death: deathToRoute,
  start: startToRoute,
  commands,
  changes: foreignChanges,
  scale,
  others,
  hang: hangAndReturn,
};

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  let plan: Plan;
  try {
    plan = planOf(argv);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n\n${USAGE}`);
    return 64;
  }
  const startedAt = new Date().toISOString();
  const before = load();
  const sections: Section[] = [];
  for (const section of plan.sections) sections.push(await RUN[section](plan));
  const after = load();
  const report = {
    machine: machine(),
    startedAt,
    tookS: (Date.now() - Date.parse(startedAt)) / 1000,
    loadAverage: [before.average, after.average] as const,
    stolenPercent: stolenPercent(before, after),
    sections,
  };
  if (plan.jsonFile !== undefined) writeFileSync(plan.jsonFile, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(render(report, plan.markdown));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
