/**
 * Runs one scenario in virtual time and tells, readably, where it went another way than expected.
 * Every command is carried out to its end (all promises settled) before the next one of its line.
 */

import { act } from './actions.js';
import { formatTime, settled } from './clock.js';
import { check } from './expect.js';
import { type Line, parseScenario, type Scenario } from './parse.js';
import { World } from './world.js';

/** Returns the failure as text, or undefined when everything happened as expected. */
export async function runScenario(file: string, text: string): Promise<string | undefined> {
  const scenario = parseScenario(text);
  const world = new World(scenario.config);
  try {
    return await play(file, scenario, world);
  } finally {
    world.killAgent();
  }
}

async function play(file: string, scenario: Scenario, world: World): Promise<string | undefined> {
  for (const line of scenario.lines.filter(({ at }) => at === undefined))
    for (const command of line.commands) carryOut(file, line, world, command);
  world.startAgent();
  await settled();
  for (const line of scenario.lines) {
    if (line.at === undefined) continue;
    await world.clock.advanceTo(line.at);
    for (const command of line.commands) {
      const expectation = /^expect\s+(.*)$/.exec(command)?.[1];
      const failure = expectation === undefined ? carryOut(file, line, world, command) : check(world, expectation);
      if (failure !== undefined) return report(file, line, world, `expected ${expectation}`, failure);
      await settled();
      if (world.kernel.violations.length > 0)
        return report(file, line, world, 'no harm', world.kernel.violations.join('\n'));
    }
  }
  return undefined;
}

function carryOut(file: string, line: Line, world: World, command: string): undefined {
  try {
    act(world, command);
  } catch (error) {
    throw new Error(`${file}:${line.number}: ${command}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function report(file: string, line: Line, world: World, expected: string, found: string): string {
  return `${file}:${line.number}: at ${formatTime(line.at ?? 0)} ${expected}\n  but: ${found}\n${world.print()}`;
}
