/**
 * A test runner for Stryker: the bundle of bundle.mjs in this process, so that a mutant costs as much as the tests that meet it. Each
 * scenario is a test, and so is each random life and each top-level test of the unit tests.
 */

import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const LIVES = Number(process.env.MUTATION_LIVES ?? 30);
const ACTS = 40;
const WANTED = new RegExp(process.env.MUTATION_SCENARIOS ?? '.');
/** Random cases by the thousand: only what nothing else has noticed is left to them. */
const SLOW = /whatever (rules|happens)|longest prefix match|cut off anywhere|the plan leaves exactly|hundred thousand/;
const global = (globalThis.__stryker__ ??= {});

class Runner {
  static inject = [];
  #tests = [];
  #stray;

  capabilities() {
    return { reloadEnvironment: false };
  }

  async init() {
    for (const kind of ['unhandledRejection', 'uncaughtException'])
      process.on(kind, (error) => (this.#stray ??= error));
    const { tests, runScenario, play, lifeOf } = await import(pathToFileURL(resolve('dist/mutation/tests.mjs')).href);
    const directory = 'test/scenario';
    const scenarios = readdirSync(directory)
      .filter((name) => name.endsWith('.scenario') && WANTED.test(name))
      .map((name) => {
        const text = readFileSync(join(directory, name), 'utf8');
        return { id: name, run: async () => fault(await runScenario(name, text)) };
      });
    const lives = Array.from({ length: LIVES }, (_, i) => {
      const life = lifeOf(i + 1, ACTS);
      return { id: `life ${i + 1}`, run: async () => fault((await play(life)).failure) };
    });
    const unit = tests.map(({ name, run }, i) => ({ id: `unit ${i} ${name}`, run }));
    const slow = ({ id }) => SLOW.test(id);
    const quick = process.env.MUTATION_QUICK !== undefined;
    this.#tests = [
      ...unit.filter((test) => !slow(test)),
      ...scenarios,
      ...(quick ? [] : [...lives, ...unit.filter(slow)]),
    ];
  }

  async dryRun() {
    const tests = [];
    for (const test of this.#tests) {
      global.currentTestId = test.id;
      const from = performance.now();
      const failure = await this.#failureOf(test);
      const result = { id: test.id, name: test.id, timeSpentMs: performance.now() - from };
      tests.push(failure === undefined ? { ...result, status: 0 } : { ...result, status: 1, failureMessage: failure });
    }
    global.currentTestId = undefined;
    // The one that the instrumented code made when it was loaded, and writes to.
    return { status: 'complete', tests, mutantCoverage: global.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }) {
    global.activeMutant = activeMutant.id;
    global.hitCount = hitLimit === undefined ? undefined : 0;
    global.hitLimit = hitLimit;
    const wanted = new Set(testFilter);
    let nrOfTests = 0;
    try {
      for (const test of this.#tests) {
        if (testFilter !== undefined && !wanted.has(test.id)) continue;
        nrOfTests++;
        const failure = await this.#failureOf(test);
        if (global.hitCount !== undefined && global.hitCount > global.hitLimit)
          return { status: 'timeout', reason: 'hit limit' };
        if (failure !== undefined) return { status: 'killed', killedBy: [test.id], failureMessage: failure, nrOfTests };
      }
      told(activeMutant);
      return { status: 'survived', nrOfTests };
    } finally {
      global.activeMutant = undefined;
    }
  }

  async #failureOf({ run }) {
    this.#stray = undefined;
    try {
      await run();
      await new Promise((settled) => setImmediate(settled));
    } catch (error) {
      return String(error?.message ?? error).slice(0, 300) || 'failed';
    }
    return this.#stray === undefined
      ? undefined
      : `stray: ${String(this.#stray?.message ?? this.#stray).slice(0, 300)}`;
  }
}

/** As they come: a run takes long, and the report is there only at its end. */
function told({ fileName, location: { start, end }, mutatorName, replacement }) {
  const place = `${start.line + 1}:${start.column + 1}-${end.line + 1}:${end.column + 1}`;
  const file = process.env.MUTATION_SURVIVORS;
  if (file !== undefined) appendFileSync(file, `${fileName}:${place} ${mutatorName} ${replacement}\n`);
}

function fault(text) {
  if (text !== undefined) throw new Error(text);
}

export const strykerPlugins = [
  { kind: 'TestRunner', name: 'backup-router', injectableClass: Runner, injectable: Runner },
];
