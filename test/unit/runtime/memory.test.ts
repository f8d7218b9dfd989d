/** When the heap is swept: only beside a long list, only when it is worth it, and never while a batch is under way. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { parseConfig } from '../../../src/config/parse.js';
import { initialState, type State } from '../../../src/core/state.js';
import type { Config } from '../../../src/model/config.js';
import { prefix } from '../../../src/model/prefix.js';
import { createSweeper, hasLongList, processHeap } from '../../../src/runtime/memory.js';

const MIB = 1 << 20;

function stateWith(count: number): State {
  const { config } = parseConfig('management-interface: m\nbackup-router: {address: 10.0.0.1}\n', 'c');
  const [management] = config!.managementInterfaces;
  const destinations = Array.from({ length: count }, (_, i) => prefix(`16.${i >> 8}.${i & 255}.0`, 24));
  const long: Config = {
    ...config!,
    managementInterfaces: [{ ...management!, backupRouters: [{ ...management!.backupRouters[0]!, destinations }] }],
  };
  return initialState(
    {
      config: long,
      watched: [],
      formerGateways: [],
      resyncMs: 30_000,
      role: { role: 'primary', reason: '' },
      roleOverride: undefined,
      pin: undefined,
    },
    0,
  );
}

t.test('a long list of destinations has its garbage collected', (t) => {
  let used = 40 * MIB;
  let swept = 0;
  const idle: (() => void)[] = [];
  const runIdle = (): void => idle.splice(0).forEach((run) => run());
  const sweeper = createSweeper({ used: () => used, collect: () => void (swept++, (used = 30 * MIB)) }, (run) =>
    idle.push(run),
  );
  const long = stateWith(10_000);
  sweeper.poke(stateWith(9_999));
  t.equal(idle.length, 0, 'a short list: nothing at all');
  sweeper.poke({ ...long, round: { kind: 'applying' } });
  t.equal(idle.length, 0, 'a batch is under way');
  sweeper.poke(long);
  sweeper.poke(long);
  t.equal(idle.length, 1, 'once');
  t.equal(swept, 0, 'not in the turn of the input');
  runIdle();
  t.equal(swept, 1);
  used = 45 * MIB;
  sweeper.poke(long);
  runIdle();
  t.equal(swept, 1, '15 MiB are not worth it');
  used = 46 * MIB;
  sweeper.poke(long);
  runIdle();
  t.equal(swept, 2);
  t.notOk(hasLongList(stateWith(1).config));
  t.end();
});

t.test('the heap of the process can be collected', (t) => {
  const heap = processHeap();
  let garbage: unknown[] | undefined = Array.from({ length: 200_000 }, (_, i) => ({ i }));
  const before = heap.used();
  t.equal(garbage.length, 200_000);
  garbage = undefined;
  heap.collect();
  heap.collect();
  t.ok(heap.used() < before - 4 * MIB, `${before} -> ${heap.used()}`);
  t.end();
});

/** Bytes of the space for young objects after work that keeps much of what it makes, in a process that expects this file; it must not grow where that is long. */
function youngSpace(file: string): number {
  const program = `import { getHeapSpaceStatistics } from 'node:v8';
import { expectConfig } from ${JSON.stringify(new URL('../../../src/runtime/memory.js', import.meta.url).href)};
expectConfig(${JSON.stringify(file)});
const kept = Array.from({ length: 400_000 }, (_, i) => ({ i }));
console.log(kept.length && getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }));
}

t.test('where a long configuration is expected, the space for young objects stays small', (t) => {
  const directory = t.testdir({ short: '#'.repeat(99_999), long: '#'.repeat(100_000) });
  const [absent, short, long] = ['absent', 'short', 'long'].map((name) => youngSpace(join(directory, name)));
  t.ok(short! >= 8 * MIB, `short: ${short} bytes`);
  t.ok(absent! >= 8 * MIB, `absent: ${absent} bytes`);
  t.ok(long! > 0 && long! <= 4 * MIB, `long: ${long} bytes`);
  t.end();
});
