/**
 * Random lives of the agent in virtual time (random/lives.ts), from seeds that stay the same. `scripts/steps` plays as many as one
 * likes, and shrinks those that fail; a failing one belongs among the scenarios.
 */

import t from 'tap';
import { runs } from '../unit/runs.js';
import { lifeOf } from './random/lives.js';
import { play } from './random/play.js';
import { scenarioText, shrunk } from './random/shrink.js';
import { runScenario } from './runner.js';

const ACTS = 40;
const LIVES = runs(300);

t.test('whatever happens, what must hold does', async (t) => {
  let steps = 0;
  for (let seed = 1; seed <= LIVES; seed++) {
    const { failure, inputs, scene } = await play(lifeOf(seed, ACTS));
    steps += inputs;
    if (failure !== undefined) t.fail(`seed ${seed}: ${failure}`, { scene });
  }
  t.ok(steps > 500 * LIVES, `${steps} steps in ${LIVES} lives`);
});

t.test('the same seed is the same life', async (t) => {
  t.same(lifeOf(7, ACTS), lifeOf(7, ACTS));
  t.notSame(lifeOf(7, ACTS), lifeOf(8, ACTS));
  t.same(await play(lifeOf(7, ACTS)), await play(lifeOf(7, ACTS)));
});

t.test('a life that fails is shrunk to a scenario that fails', async (t) => {
  // It expects what cannot be: nothing of ours beside a daemon that is dead.
  const noise = Array.from({ length: 30 }, (_, i) => ({
    at: 1_000 * i,
    command: i % 2 ? 'overflow' : 'rib holds 10.0.0.0/8',
  }));
  const failed = await play({
    config: ['hold 3s', 'preempt-after 1s'],
    given: ['link mgmt0 up 10.255.0.2/24', 'link data0 up 198.51.100.2/24'],
    lines: [...noise, { at: 40_000, command: 'frr eof' }, { at: 80_000, command: 'expect withdrawn' }],
  });
  t.match(failed.failure, /routes or rules of ours/);
  const short = await shrunk(failed.life, failed.failure!);
  t.ok(
    short.lines.length < failed.life.lines.length / 3,
    `${failed.life.lines.length} lines became ${short.lines.length}`,
  );
  t.match(await runScenario('shrunk', scenarioText(short, 'cannot hold')), /expected withdrawn/);
});
