/** A configuration on approval: what is left of its time by which clock, damaged records, and each turn it can take, in virtual time. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { MAX_CONFIRM_MS } from '../../../src/control/protocol.js';
import { eventually } from '../../../src/drill/lab/wait.js';
import type { Happening } from '../../../src/model/event.js';
import { type Paths, pathsOf } from '../../../src/model/paths.js';
import { type Chosen, chooseConfig } from '../../../src/runtime/choose-config.js';
import { Configuration } from '../../../src/runtime/configuration.js';
import { readLastKnownGood } from '../../../src/runtime/last-known-good.js';
import {
  leftMs,
  type Moment,
  type Pending,
  readUnconfirmed,
  thisMoment,
  writeUnconfirmed,
} from '../../../src/runtime/unconfirmed-record.js';
import { VirtualClock } from '../../scenario/clock.js';

const MINUTE = 60_000;
const WALL = Date.parse('2026-05-01T12:00:00Z');
const made = mkdtempSync(join(tmpdir(), 'br-unconfirmed-'));
t.teardown(() => rmSync(made, { recursive: true, force: true }));

const text = (gateway: string): string => `management-interface: eth0\nbackup-router: {address: ${gateway}}\n`;
const OLD = text('10.0.0.1');
const NEW = text('10.0.0.2');
const OTHER = text('10.0.0.3');

t.test('time left', async (t) => {
  const at: Moment = { boot: 'a', monotonicMs: 1_000, wallMs: WALL };
  const pending: Pending = { kind: 'pending', text: NEW, former: OLD, leftMs: 5 * MINUTE, at };
  const left = (boot: string, monotonicMs: number, wallMs: number): number =>
    leftMs(pending, { boot, monotonicMs, wallMs });
  t.equal(left('a', 1_000 + MINUTE, WALL + MINUTE), 4 * MINUTE);
  t.equal(
    left('a', 1_000 + MINUTE, WALL + 365 * 1440 * MINUTE),
    4 * MINUTE,
    'the clock was set forward: no matter in the same boot',
  );
  t.equal(left('a', 1_000 + MINUTE, 0), 4 * MINUTE, 'nor backward');
  t.equal(left('a', 1_000 + 5 * MINUTE, 0), 0, 'over, although the clock stands in 1970');
  t.equal(left('b', 7, WALL + MINUTE), 4 * MINUTE, 'after a reboot by the wall clock');
  t.equal(left('b', 7, WALL + 6 * MINUTE), 0);
  t.equal(left('b', 7, WALL - 1), 0, 'a clock that stands before the record proves nothing: over');
  t.equal(left('a', 999, WALL), 0);
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          reboot: fc.boolean(),
          passed: fc.nat(MINUTE),
          wall: fc.integer({ min: -1e9, max: 1e9 }),
        }),
        { maxLength: 30 },
      ),
      (steps) => {
        // However often it is counted anew, and whatever the wall clock does, the time left never grows.
        let now = at;
        let record = pending;
        let over = false;
        return steps.every(({ reboot, passed, wall }, i) => {
          now = reboot
            ? { boot: `${i}`, monotonicMs: 0, wallMs: now.wallMs + wall }
            : { ...now, monotonicMs: now.monotonicMs + passed, wallMs: now.wallMs + wall };
          if (over) return true;
          const is = leftMs(record, now);
          const fine =
            is <= record.leftMs &&
            is >= 0 &&
            (reboot || is === Math.max(0, record.leftMs - (now.monotonicMs - record.at.monotonicMs)));
          over = is === 0;
          record = { ...record, leftMs: is, at: now };
          return fine;
        });
      },
    ),
  );
});

t.test('this moment is the same for every process of this boot', async (t) => {
  const [a, b] = [thisMoment(), thisMoment()];
  t.equal(a.boot, b.boot);
  t.ok(b.monotonicMs >= a.monotonicMs && Math.abs(a.wallMs - Date.now()) < 1_000);
});

t.test('a damaged record is none', async (t) => {
  const path = join(made, 'record.json');
  const pending: Pending = { kind: 'pending', text: NEW, former: OLD, leftMs: MINUTE, at: thisMoment() };
  t.equal(writeUnconfirmed(path, pending), undefined);
  t.strictSame(readUnconfirmed(path), pending);
  const good = readFileSync(path, 'utf8');
  for (let length = 0; length < good.length - 2; length += 7) {
    writeFileSync(path, good.slice(0, length));
    t.equal(readUnconfirmed(path), undefined, `${length} bytes of ${good.length}`);
  }
  for (const bad of [
    'null',
    '[]',
    '{}',
    '{"version":1}',
    '{"version":1,"unconfirmed":null}',
    '{"version":2,"unconfirmed":{}}',
    good.replace(/"leftMs": \d+/, `"leftMs": ${MAX_CONFIRM_MS + 1}`),
    good.replace(/"leftMs": \d+/, '"leftMs": 1e999'),
    good.replace(/"wallMs": \d+/, '"wallMs": 1e300'),
    good.replace('"former"', '"farmer"'),
  ]) {
    writeFileSync(path, bad);
    t.equal(readUnconfirmed(path), undefined, bad.slice(0, 50));
  }
  t.equal(readUnconfirmed(made), undefined, 'a directory');
});

interface Life {
  readonly paths: Paths;
  readonly clock: VirtualClock;
  readonly told: Happening[];
  readonly taken: Chosen[];
  readonly configuration: Configuration;
  readonly running: () => Chosen;
}

/** A life of the agent's configuration, over the files that the one before left. */
function life(directory: string, now?: Moment): Life {
  const paths = pathsOf(
    { STATE_DIRECTORY: join(directory, 'state'), RUNTIME_DIRECTORY: directory },
    join(directory, 'config.yaml'),
  );
  const choice = chooseConfig(paths, {}, false, now);
  if (choice.kind === 'none') throw new Error('nothing to run');
  const clock = new VirtualClock();
  const told: Happening[] = [];
  const taken: Chosen[] = [];
  const configuration = new Configuration({
    paths,
    hints: {},
    chosen: choice.chosen,
    take: (next) => void taken.push(next),
    emit: (one) => void told.push(one),
    log: () => undefined,
    clock,
    dryRun: false,
  });
  return { paths, clock, told, taken, configuration, running: () => taken.at(-1) ?? choice.chosen };
}

function directoryWith(config: string): string {
  const directory = mkdtempSync(join(made, 'life-'));
  writeFileSync(join(directory, 'config.yaml'), config);
  return directory;
}

const gatewayOf = (chosen: Chosen): string => chosen.config.managementInterfaces[0]!.backupRouters[0]!.gateways[0]!;

t.test('taken, confirmed, rolled back', async (t) => {
  const directory = directoryWith(OLD);
  const { paths, clock, taken, told, configuration, running } = life(directory);
  configuration.settled();
  t.match(configuration.confirm(), { ok: false, error: { code: 'not-pending' } });
  writeFileSync(paths.configFile, NEW);
  t.match(configuration.reload(5 * MINUTE), { ok: true, message: /rolled back in 5m/ });
  t.equal(gatewayOf(taken.at(-1)!), '10.0.0.2');
  await clock.advanceTo(clock.now() + 4 * MINUTE);
  t.equal(configuration.status().unconfirmed!.leftMs, MINUTE);
  t.match(configuration.reload(5 * MINUTE), { ok: true }, 'again: the time starts anew');
  await clock.advanceTo(clock.now() + 4 * MINUTE);
  t.equal(configuration.status().source, 'file');
  t.match(configuration.reload(), { ok: true, message: /rolled back in 1m,/ }, 'plain: it does not');
  t.equal(readLastKnownGood(paths.lastKnownGood), OLD);
  await clock.advanceTo(clock.now() + MINUTE);
  t.equal(gatewayOf(taken.at(-1)!), '10.0.0.1');
  t.match(configuration.status(), { source: 'rolled-back', unconfirmed: null });
  t.equal(told.filter(({ kind }) => kind === 'configuration-rolled-back').length, 1);
  await clock.advanceTo(clock.now() + 60 * MINUTE);
  t.equal(taken.length, 4, 'once');
  t.match(configuration.confirm(), { ok: false, error: { message: /was rolled back at/ } });
  t.match(configuration.reload(5 * MINUTE), { ok: true });
  t.match(configuration.confirm(), { ok: true });
  t.equal(readLastKnownGood(paths.lastKnownGood), NEW);
  t.notOk(existsSync(paths.unconfirmed));
  await clock.advanceTo(clock.now() + 60 * MINUTE);
  t.equal(gatewayOf(running()), '10.0.0.2', 'confirmed is confirmed');
});

t.test('of a large text the record is written aside, and what else is asked waits for it', async (t) => {
  // A thread keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  t.teardown(() => clearInterval(alive));
  const large = (config: string): string => `${config}\n${'# a comment\n'.repeat(5_000)}`;
  const directory = directoryWith(large(OLD));
  const { paths, clock, taken, configuration, running } = life(directory);
  writeFileSync(paths.configFile, large(NEW));
  const asked = configuration.reload(5 * MINUTE);
  t.ok(asked instanceof Promise, 'the loop goes on');
  t.equal(taken.length, 0, 'nothing is taken before there is a way back');
  const confirmed = configuration.confirm();
  t.match(await asked, { ok: true, message: /rolled back in 5m/ });
  t.equal((readUnconfirmed(paths.unconfirmed) as Pending).former, large(OLD));
  t.match(await confirmed, { ok: true }, 'it is what was taken that is confirmed');
  t.notOk(existsSync(paths.unconfirmed));

  writeFileSync(paths.configFile, large(OLD));
  t.match(await configuration.reload(MINUTE), { ok: true });
  const again = configuration.reload(5 * MINUTE);
  await clock.advanceTo(clock.now() + MINUTE);
  t.match(await again, { ok: true });
  t.match(configuration.status(), { source: 'file' }, 'whose time ends meanwhile, and begins anew, is not rolled back');
  await clock.advanceTo(clock.now() + 4 * MINUTE);
  await eventually(() => configuration.status().source === 'rolled-back', { what: 'the deadline' });
  t.equal(gatewayOf(running()), '10.0.0.2');
  await eventually(() => readUnconfirmed(paths.unconfirmed)?.kind === 'rolled-back', { what: 'the record' });
});

t.test('a pending one over restarts, reboots and set clocks', async (t) => {
  const directory = directoryWith(OLD);
  const first = life(directory);
  first.configuration.settled();
  writeFileSync(first.paths.configFile, NEW);
  first.configuration.reload(5 * MINUTE);
  const { at } = readUnconfirmed(first.paths.unconfirmed) as Pending;
  const chosen = (now: Moment): readonly [string, string, number | undefined] => {
    const { configuration, running } = life(directory, now);
    const { source, unconfirmed } = configuration.status();
    configuration.close();
    return [source, gatewayOf(running()), unconfirmed?.leftMs];
  };
  t.same(chosen({ ...at, monotonicMs: at.monotonicMs + MINUTE }), ['file', '10.0.0.2', 4 * MINUTE]);
  t.same(chosen({ ...at, monotonicMs: at.monotonicMs + 5 * MINUTE }), ['rolled-back', '10.0.0.1', undefined]);
  t.same(chosen({ boot: 'next', monotonicMs: 0, wallMs: at.wallMs + MINUTE }), ['file', '10.0.0.2', 4 * MINUTE]);
  t.same(chosen({ boot: 'next', monotonicMs: 0, wallMs: at.wallMs + 6 * MINUTE }), [
    'rolled-back',
    '10.0.0.1',
    undefined,
  ]);
  t.same(
    chosen({ boot: 'next', monotonicMs: 0, wallMs: 0 }),
    ['rolled-back', '10.0.0.1', undefined],
    'a host without a clock',
  );

  const later = { ...at, monotonicMs: at.monotonicMs + 6 * MINUTE };
  writeFileSync(first.paths.configFile, OTHER);
  t.same(chosen(later), ['file', '10.0.0.3', undefined], 'changed while the agent was down');
  writeFileSync(first.paths.configFile, '{{{');
  rmSync(first.paths.lastKnownGood);
  t.same(
    chosen(later),
    ['last-known-good', '10.0.0.1', undefined],
    'broken while it was down, and no copy: the record has what last was good',
  );
  t.same(
    chosen({ ...at, monotonicMs: at.monotonicMs + MINUTE }),
    ['file', '10.0.0.2', 4 * MINUTE],
    'broken inside the window',
  );
  t.equal(chooseConfig(first.paths, {}, true).kind, 'none', 'a dry run is about the file');
});

t.test('what cannot be written down is not promised', async (t) => {
  const directory = directoryWith(OLD);
  const { paths, taken, configuration } = life(directory);
  writeFileSync(join(directory, 'state'), 'in the way');
  writeFileSync(paths.configFile, NEW);
  t.match(configuration.reload(MINUTE), {
    ok: false,
    error: { code: 'state-directory', suggestion: /writable/ },
  });
  t.same(taken, []);
  t.match(
    configuration.reload(),
    { ok: true, message: /a restart of the agent will not load it|^configuration reloaded/ },
    'a plain one is taken',
  );
  t.equal(taken.length, 1);
});

t.test('a file with errors, whatever runs', async (t) => {
  const directory = directoryWith(
    'management-interface: eth0\nbackup-router: {address: 10.0.0.1, destination: [10.0.0.0/8, 172.16.128.0/13]}\n',
  );
  const { paths, clock, configuration, running } = life(directory);
  t.equal(configuration.status().source, 'partial');
  configuration.settled();
  t.notOk(existsSync(paths.lastKnownGood), 'half a configuration is not known good');
  t.match(configuration.reload(MINUTE), { ok: false, error: { code: 'configuration' } });
  writeFileSync(paths.configFile, NEW);
  t.match(configuration.reload(MINUTE), { ok: true });
  await clock.advanceTo(clock.now() + MINUTE);
  t.equal(gatewayOf(running()), '10.0.0.1', 'back to the valid part, as it ran before');
});
