/** The history: numbers over restarts, torn lines, rotation, a disk that fails, followers; and outages folded from it. */

import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../../../src/drill/lab/wait.js';
import type { Event, Happening } from '../../../src/model/event.js';
import { createEmit } from '../../../src/runtime/emit.js';
import { createHistory, type History, REMEMBERED } from '../../../src/runtime/history.js';
import { olderOf, openHistoryFile, readHistory } from '../../../src/runtime/history-file.js';
import { outageAfter } from '../../../src/runtime/last-outage.js';

const made = mkdtempSync(join(tmpdir(), 'br-history-'));
t.teardown(() => rmSync(made, { recursive: true, force: true }));
const order = (what: string): Happening => ({ kind: 'order', what });
const WALL = Date.parse('2026-05-01T12:00:00Z');

interface Life {
  readonly history: History;
  readonly faults: string[];
  wallMs: number;
}

function life(path: string, maxBytes?: number): Life {
  const faults: string[] = [];
  const one: Life = {
    faults,
    wallMs: WALL,
    history: createHistory({
      read: () => readHistory(path),
      file: openHistoryFile(path, (fault) => void faults.push(fault), maxBytes),
      wallNow: () => one.wallMs,
    }),
  };
  return one;
}

/** Where the numbers of a life begin. */
const BASE = (WALL - Date.UTC(2020, 0, 1)) / 1000;
const texts = (events: readonly Event[]): readonly string[] =>
  events.map(
    ({ seq, ...event }) => `${seq > BASE ? `+${seq - BASE}` : seq} ${event.kind === 'order' ? event.what : event.kind}`,
  );
const written = (path: string, count: number): Promise<unknown> =>
  eventually(() => readHistory(path).length === count, {
    what: `${count} events on disk, not ${readHistory(path).length}`,
  });

t.test('numbers go on where the last life stopped; what came before the load is numbered then', async (t) => {
  const path = join(made, 'deeper', 'events.jsonl');
  const first = life(path).history;
  first.record(order('a'), 'notice');
  t.same(first.events(), [], 'no number yet');
  const heard: Event[] = [];
  first.load();
  first.subscribe((event) => void heard.push(event));
  first.record(order('b'), 'notice');
  t.same(texts(first.events()), ['+1 a', '+2 b']);
  t.same(texts(heard), ['+2 b']);
  t.match(first.events()[0], { at: '2026-05-01T12:00:00.000Z', level: 'notice' });
  first.close();
  await written(path, 2);
  const second = life(path).history;
  second.record(order('c'), 'notice');
  second.load();
  second.load();
  t.same(texts(second.events()), ['+1 a', '+2 b', '+3 c']);
  second.close();
  await written(path, 3);
});

t.test('a line that a crash tore costs that line', async (t) => {
  const path = join(made, 'torn.jsonl');
  writeFileSync(
    path,
    `${JSON.stringify({ seq: 7, at: '2026-05-01T11:00:00.000Z', level: 'notice', kind: 'order', what: 'x' })}\n{"seq":8,"at":"2026-05-01T11:0`,
  );
  const { history } = life(path);
  history.record(order('y'), 'notice');
  history.load();
  t.same(texts(history.events()), ['7 x', '+1 y']);
  history.close();
  await written(path, 2);
  for (const line of readFileSync(path, 'utf8').trimEnd().split('\n'))
    t.match(JSON.parse(line), { seq: Number }, 'every line is an object');
  appendFileSync(path, '\u0000'.repeat(512));
  appendFileSync(path, '\nnull\n7\n{"seq":"9"}\n{"seq":9,"kind":"order","at":"yesterday"}\n[]\n');
  t.same(texts(readHistory(path)), ['7 x', '+1 y'], 'nor does garbage');
});

t.test('whatever a life left behind, the next one writes lines', async (t) => {
  const event = `${JSON.stringify({ seq: 7, at: '2026-05-01T11:00:00.000Z', level: 'notice', kind: 'order', what: 'x' })}\n`;
  const cases: Readonly<Record<string, readonly [string, number]>> = {
    whole: [event, 2],
    nothing: ['', 1],
    'half a line, and no other': ['{"seq":8', 1],
    'a block of zeros': [`${event}${'\u0000'.repeat(4096)}`, 2],
    'an endless line': [`${event}${'x'.repeat(70_000)}`, 2],
  };
  for (const [what, [text, lines]] of Object.entries(cases)) {
    const path = join(made, `left-${what}.jsonl`);
    writeFileSync(path, text);
    const { history } = life(path);
    history.load();
    history.record(order('y'), 'notice');
    history.close();
    await eventually(() => readHistory(path).at(-1)?.seq === BASE + 1, { what });
    const now = readFileSync(path, 'utf8');
    t.equal(now.split('\n').length - 1, lines, what);
    for (const line of now.trimEnd().split('\n')) t.match(JSON.parse(line), { seq: Number }, what);
  }
});

t.test('numbers never go back, whatever was lost', async (t) => {
  const path = join(made, 'lost.jsonl');
  const first = life(path);
  first.history.load();
  for (let i = 0; i < 5; i++) first.history.record(order('a'), 'notice');
  const last = first.history.events().at(-1)!.seq;
  first.history.close();
  await written(path, 5);
  for (const lose of [() => rmSync(path), () => writeFileSync(path, '\u0000'.repeat(900))]) {
    lose();
    const next = life(path);
    next.wallMs += 60_000;
    next.history.load();
    next.history.record(order('b'), 'notice');
    t.ok(next.history.events()[0]!.seq > last);
    next.history.close();
    await written(path, 1);
  }
  const back = life(path);
  back.wallMs = 0;
  back.history.load();
  back.history.record(order('c'), 'notice');
  t.ok(back.history.events().at(-1)!.seq > last, 'nor does a clock that was set back');
  back.history.close();
});

t.test('a storm of one kind is counted, and drives nothing out', async (t) => {
  const one = life(join(made, 'storm.jsonl'));
  one.history.load();
  one.history.record(order('before'), 'notice');
  for (let i = 0; i < 50_000; i++) one.history.record({ kind: 'observe-failed', message: String(i) }, 'error');
  one.history.record({ kind: 'change-failed', what: 'another kind' }, 'error');
  t.equal(one.history.events().length, 102);
  one.wallMs += 20 * 60_000;
  one.history.record(order('after'), 'notice');
  t.match(one.history.events().slice(-3), [
    { kind: 'change-failed' },
    { kind: 'left-out', what: 'observe-failed', count: 49_900 },
    { kind: 'order', what: 'after' },
  ]);
  t.match(one.history.events()[0], { what: 'before' });
  one.history.close();
});

t.test('a routing daemon that dies without end drives nothing out, and the last outage is told as it is', async (t) => {
  const path = join(made, 'flapping.jsonl');
  const one = life(path);
  one.history.load();
  one.history.record(order('before'), 'notice');
  for (let i = 0; i < 20_000; i++) {
    one.wallMs += 300;
    one.history.record({ kind: 'outage-began', cause: 'death', reason: `death ${i}` }, 'warning');
    one.history.record({ kind: 'routes', phase: 'in', cause: 'down', was: 'out', wasForMs: 1, reason: '' }, 'notice');
    one.history.record({ kind: 'outage-bridged', afterMs: 2, late: undefined }, 'notice');
    one.wallMs += 100;
    const lengthMs = 100 + i;
    one.history.record(
      {
        kind: 'outage-ended',
        lengthMs,
        cause: 'death',
        bridgedAfterMs: 2,
        carriedBy: 'backup-routes',
        preemptedAfterMs: undefined,
      },
      'notice',
    );
    one.history.record(
      { kind: 'routes', phase: 'out', cause: undefined, was: 'in', wasForMs: 1, reason: '' },
      'notice',
    );
  }
  const kinds = (kind: string): number => one.history.events().filter((event) => event.kind === kind).length;
  t.match(one.history.events()[0], { what: 'before' });
  t.ok(one.history.events().length < REMEMBERED, 'and there is room');
  t.ok(kinds('outage-began') >= 100);
  t.equal(kinds('outage-began'), kinds('outage-ended'), 'each outage is whole');
  t.equal(kinds('outage-began'), kinds('outage-bridged'));
  t.match(one.history.lastOutage(), { reason: 'death 19999', lengthMs: 20_099, carriedBy: 'backup-routes' });
  one.history.close();
  await eventually(() => readHistory(path).length === one.history.events().length, { what: 'all of it on disk' });
  const last = readHistory(path).reduce(outageAfter, undefined as ReturnType<typeof outageAfter>);
  t.not(last?.ended, null, 'the next life finds no outage under way');
});

t.test('what is no file is not written to', async (t) => {
  const path = join(made, 'fifo.jsonl');
  execFileSync('mkfifo', [path]);
  const { history, faults } = life(path);
  history.record(order('a'), 'notice');
  history.load();
  await eventually(() => faults.length === 1, { what: 'a fault' });
  t.match(faults, [/not a regular file/]);
  t.same(texts(history.events()), ['+1 a']);
  history.close();
});

t.test('bounded on disk and in memory', async (t) => {
  const path = join(made, 'large.jsonl');
  const { history } = life(path, 10_000);
  history.load();
  for (let i = 0; i < 40; i++) {
    for (let j = 0; j < 60; j++) history.record({ kind: 'stopping', onStop: `${i} ${j} ${'x'.repeat(20)}` }, 'notice');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.equal(history.events().length, REMEMBERED);
  t.equal(history.events().at(-1)!.seq, BASE + 2_400);
  history.close();
  await eventually(() => readHistory(path).at(-1)?.seq === BASE + 2_400, { what: 'the last one on disk' });
  const sizes = [path, olderOf(path)].map((file) => statSync(file).size);
  // A batch is never torn apart: one that waited for the disk may be longer than the bound.
  t.ok(sizes[1]! <= 10_000 + 1_000 * 150, `${String(sizes)} bytes`);
  const seqs = readHistory(path).map(({ seq }) => seq);
  t.same(
    seqs,
    [...seqs].sort((a, b) => a - b),
    'in order over both files',
  );
});

t.test('a disk that fails: told once, everything else goes on, and so does the history once it works', async (t) => {
  const directory = join(made, 'fails');
  writeFileSync(directory, 'in the way');
  const path = join(directory, 'events.jsonl');
  const { history, faults } = life(path);
  history.load();
  history.record(order('lost'), 'notice');
  await eventually(() => faults.length === 1, { what: 'a fault' });
  history.record(order('lost too'), 'notice');
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.match(faults, [/ENOTDIR|EEXIST/], 'once');
  t.same(texts(history.events()), ['+1 lost', '+2 lost too'], 'remembered all the same');
  rmSync(directory);
  mkdirSync(directory);
  history.record(order('kept'), 'notice');
  await written(path, 1);
  t.same(texts(readHistory(path)), ['+3 kept']);
  t.equal(readFileSync(path, 'utf8').split('\n').length, 2);
  history.close();
});

t.test('the log and the history say the same', async (t) => {
  const lines: string[] = [];
  const { history } = life(join(made, 'told.jsonl'));
  const emit = createEmit(
    (level, event, fields) => void lines.push(`${level} ${event} ${JSON.stringify(fields)}`),
    history.record,
  );
  emit({ kind: 'daemon', id: 'z', state: 'responsive', was: 'down', wasForMs: 5, reason: 'r', othersUnwell: 0 });
  emit({ kind: 'add-route', what: 'default' });
  emit({ kind: 'routes', phase: 'out', cause: undefined, was: 'in', wasForMs: 7, reason: 'r' });
  history.load();
  t.same(lines.slice(0, 2), [
    'notice daemon {"id":"z","state":"responsive","was":"down","was_for_ms":5,"reason":"r","others_unwell":0}',
    'debug add-route {"what":"default"}',
  ]);
  t.same(
    history.events().map(({ kind, level }) => `${level} ${kind}`),
    ['notice daemon', 'notice routes'],
    'single kernel changes are for the log alone',
  );
  history.close();
});

t.test('the last outage', async (t) => {
  let seq = 0;
  const at = (minute: number, happening: Happening): Event =>
    ({
      ...happening,
      seq: ++seq,
      at: new Date(WALL + minute * 60_000).toISOString(),
      level: 'notice',
    }) as Event;
  const fold = (...events: readonly Event[]): ReturnType<typeof outageAfter> =>
    events.reduce<ReturnType<typeof outageAfter>>(outageAfter, undefined);
  const began = at(0, { kind: 'outage-began', cause: 'death', reason: 'r' });
  const bridged = at(0, { kind: 'outage-bridged', afterMs: 2.1, late: undefined });
  const ended = at(5, {
    kind: 'outage-ended',
    lengthMs: 299_000,
    cause: 'death',
    bridgedAfterMs: 2.1,
    carriedBy: 'stale-routes, then backup-routes',
    preemptedAfterMs: 10_002,
  });
  const out = at(5, { kind: 'routes', phase: 'out', cause: undefined, was: 'in', wasForMs: 1, reason: 'r' });
  const again = at(2, { kind: 'outage-began', cause: 'start', reason: 'later' });
  t.equal(fold(out), undefined);
  t.match(fold(began, bridged), { ended: null, bridgedAfterMs: 2.1, cause: 'death' });
  t.match(
    fold(began, bridged, ended, out),
    { ended: ended.at, lengthMs: 299_000, carriedBy: 'stale-routes, then backup-routes', preemptedAfterMs: 10_002 },
    'measured, not by the wall clock',
  );
  t.match(
    fold(began, bridged, again),
    { began: began.at, ended: null, cause: 'death', bridgedAfterMs: 2.1 },
    'the agent came back in the middle of it: one outage',
  );
  t.match(fold(began, out), { ended: out.at, lengthMs: 300_000 }, 'it ended while the agent was away');
  const uncovered = at(3, {
    kind: 'routes',
    phase: 'out',
    cause: 'uncovered',
    was: 'in',
    wasForMs: 1,
    reason: 'r',
  });
  t.match(fold(began, bridged, uncovered), { ended: null }, 'no outage ends because a clock ran out');
  t.match(
    fold(began, bridged, uncovered, ended, out),
    { ended: ended.at, lengthMs: 299_000 },
    'it ends when all is covered',
  );
  const died = at(0, { kind: 'outage-began', cause: 'death', reason: 'r', daemon: 'frr/zebra' });
  const stopped = (outageCause?: 'stop'): Event =>
    at(1, {
      kind: 'daemon',
      id: 'frr/zebra',
      state: 'stopped',
      was: 'down',
      wasForMs: 1,
      reason: 'status 0',
      othersUnwell: 0,
      outageCause,
    });
  t.match(fold(died, stopped('stop')), { cause: 'stop', began: died.at, reason: 'frr/zebra is stopped: status 0' });
  t.match(fold(died, stopped()), { cause: 'death', reason: 'r' });
  t.match(fold(died, ended, stopped('stop')), { cause: 'death' }, 'what is over has its cause');
  t.match(fold(began, ended, again), { began: again.at, ended: null, cause: 'start' }, 'another one');
});

t.test('an outage that began in the life before has its length', async (t) => {
  const path = join(made, 'resumed.jsonl');
  const first = life(path).history;
  first.load();
  first.record({ kind: 'outage-began', cause: 'death', reason: 'r' }, 'warning');
  first.close();
  await written(path, 1);
  const second = life(path);
  second.wallMs += 90_000;
  second.history.record({ kind: 'outage-began', cause: 'start', reason: 'r' }, 'warning');
  t.equal(second.history.load(), 90_000);
  second.wallMs += 10_000;
  t.match(second.history.lastOutage(), { ended: null, lengthMs: 100_000, cause: 'death' });
  second.history.close();
});
