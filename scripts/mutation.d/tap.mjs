/** As much of tap as the tests of the core use, in one process: a test ends with its first failure. */

import { match, same, strict } from 'tcompare';

/** Those of the top level, in order. */
export const tests = [];

class Failure extends Error {}

function must(holds, what, message) {
  if (!holds) throw new Failure(`${message ?? what}`);
}

class Test {
  #chain = Promise.resolve();
  #after = [];

  test(_name, ...more) {
    const run = more.at(-1);
    this.#chain = this.#chain.then(() => runTest(run));
    return this.#chain;
  }
  async finish() {
    try {
      await this.#chain;
    } finally {
      for (const run of this.#after) await run();
    }
  }
  teardown = (run) => void this.#after.push(run);
  comment = () => undefined;
  pass = () => undefined;
  end = () => undefined;
  plan = () => undefined;
  setTimeout = () => undefined;
  fail = (message) => must(false, 'fail', message);
  ok = (value, message) => must(value, 'ok', message);
  notOk = (value, message) => must(!value, 'notOk', message);
  equal = (a, b, message) => must(Object.is(a, b), `${a} is not ${b}`, message);
  not = (a, b, message) => must(!Object.is(a, b), `${a} is ${b}`, message);
  same = (a, b, message) => must(same(a, b).match, 'same', message);
  notSame = (a, b, message) => must(!same(a, b).match, 'notSame', message);
  strictSame = (a, b, message) => must(strict(a, b).match, 'strictSame', message);
  match = (a, b, message) => must(match(a, b).match, 'match', message);
  notMatch = (a, b, message) => must(!match(a, b).match, 'notMatch', message);
  throws(run, wanted, message) {
    let thrown;
    try {
      run();
    } catch (error) {
      thrown = error ?? new Error('nothing');
    }
    must(thrown !== undefined, 'throws', message);
    if (typeof wanted === 'object' && wanted !== null) must(match(thrown, wanted).match, `threw ${thrown}`, message);
  }
  async rejects(promise, wanted, message) {
    let thrown;
    try {
      await (typeof promise === 'function' ? promise() : promise);
    } catch (error) {
      thrown = error ?? new Error('nothing');
    }
    must(thrown !== undefined, 'rejects', message);
    if (typeof wanted === 'object' && wanted !== null) must(match(thrown, wanted).match, `threw ${thrown}`, message);
  }
}

async function runTest(run) {
  const t = new Test();
  await run(t);
  await t.finish();
}

class Root extends Test {
  test(name, ...more) {
    tests.push({ name, run: () => runTest(more.at(-1)) });
    return Promise.resolve();
  }
}

export default new Root();
