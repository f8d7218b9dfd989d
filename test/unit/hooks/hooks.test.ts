/** Hooks: which run, in which order, with what in their environment; what fails, hangs and is killed; and that none runs twice. */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../../../src/drill/lab/wait.js';
import { hooksIn } from '../../../src/hooks/directory.js';
import { type Done, isDone, readDone, writeDone } from '../../../src/hooks/done.js';
import { environmentOf } from '../../../src/hooks/environment.js';
import { createRunner, type Runner } from '../../../src/hooks/runner.js';
import { readHooksStatus, statusText } from '../../../src/hooks/status-file.js';
import type { Event } from '../../../src/model/event.js';
import type { HooksStatus } from '../../../src/model/hooks.js';

const made = mkdtempSync(join(tmpdir(), 'br-hooks-'));
t.teardown(() => rmSync(made, { recursive: true, force: true }));
const AT = '2026-05-01T12:00:00.000Z';
const event = (seq: number): Event => ({ seq, at: AT, level: 'notice', kind: 'order', what: `number ${seq}` });

interface Place {
  readonly directory: string;
  /** What the hooks have written. */
  readonly said: () => readonly string[];
  readonly put: (name: string, script: string, mode?: number) => void;
  readonly file: string;
}

function place(): Place {
  const directory = mkdtempSync(join(made, 'd-'));
  const file = join(made, `${directory.slice(-6)}.out`);
  return {
    directory,
    file,
    said: () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []),
    put(name, script, mode = 0o755) {
      writeFileSync(join(directory, name), `#!/bin/sh\n${script.replaceAll('@FILE', file)}\n`);
      chmodSync(join(directory, name), mode);
    },
  };
}

interface Life {
  readonly runner: Runner;
  readonly status: () => HooksStatus;
  readonly done: () => Done;
  readonly faults: readonly string[];
}

function life(directory: string, done: Done, timeoutMs = 5_000): Life {
  let status: HooksStatus | undefined;
  let last = done;
  const faults: string[] = [];
  const runner = createRunner({
    directory,
    timeoutMs,
    done,
    environment: (one) => environmentOf(one, 'a sentence', undefined),
    record: (next) => {
      last = next;
    },
    failed: (hook, { seq }, fault) => void faults.push(`${hook} ${seq} ${fault}`),
    changed: (next) => {
      status = next;
    },
  });
  return { runner, status: () => status!, done: () => last, faults };
}

const START: Done = { seq: 0, at: '', under: undefined };
const idle = ({ status, done }: Life, seq: number): Promise<unknown> =>
  eventually(() => done().seq === seq && done().under === undefined && status().waiting === 0, {
    what: `event ${seq} is done`,
    timeoutMs: 20_000,
  });

t.test('which files are hooks', async (t) => {
  const { directory, put } = place();
  for (const name of ['20-b', '10-a.sh', 'Z', '30-c~', '.hidden', 'x.dpkg-old', 'y.rpmsave', 'a b', '40-d.bak'])
    put(name, ':');
  put('50-data', ':', 0o644);
  mkdirSync(join(directory, '60-directory'));
  symlinkSync(join(directory, '20-b'), join(directory, '70-link'));
  symlinkSync('/nonexistent', join(directory, '80-dangling'));
  t.strictSame(
    hooksIn(directory).map(({ name }) => name),
    ['10-a.sh', '20-b', '70-link', 'Z'],
  );
  t.strictSame(hooksIn(join(directory, 'not-there')), []);
});

t.test('what a hook is told', async (t) => {
  const one: Event = {
    seq: 7,
    at: AT,
    level: 'warning',
    kind: 'daemon',
    id: 'frr/zebra',
    state: 'down',
    was: 'responsive',
    wasForMs: 12,
    reason: 'two\nlines, "quoted" $(touch /tmp/x)\0',
    othersUnwell: 0,
  };
  const env = environmentOf(one, 'zebra is down', 'blue');
  t.strictSame(env, {
    BACKUP_ROUTER_SEQ: '7',
    BACKUP_ROUTER_AT: AT,
    BACKUP_ROUTER_LEVEL: 'warning',
    BACKUP_ROUTER_DAEMON: 'frr/zebra',
    BACKUP_ROUTER_STATE: 'down',
    BACKUP_ROUTER_WAS: 'responsive',
    BACKUP_ROUTER_WAS_FOR_MS: '12',
    BACKUP_ROUTER_REASON: 'two\nlines, "quoted" $(touch /tmp/x)',
    BACKUP_ROUTER_OTHERS_UNWELL: '0',
    BACKUP_ROUTER_EVENT: 'daemon',
    BACKUP_ROUTER_TEXT: 'zebra is down',
    BACKUP_ROUTER_JSON: JSON.stringify(one),
    BACKUP_ROUTER_INSTANCE: 'blue',
  });
  t.equal(environmentOf({ ...one, reason: 'x'.repeat(1e6) }, '', undefined)['BACKUP_ROUTER_REASON']?.length, 16_384);
});

t.test('each event, each hook, one after the other', async (t) => {
  const { directory, put, said } = place();
  put('10-slow', 'sleep 0.2; echo "slow $BACKUP_ROUTER_SEQ" >>@FILE');
  put('20-quick', 'echo "quick $BACKUP_ROUTER_SEQ $BACKUP_ROUTER_WHAT ${NOTIFY_SOCKET-none}" >>@FILE');
  const one = life(directory, START);
  one.runner.add([event(1), event(2)]);
  one.runner.add([event(2), event(3)]);
  await idle(one, 3);
  t.strictSame(
    said(),
    [1, 2, 3].flatMap((n) => [`slow ${n}`, `quick ${n} number ${n} none`]),
  );
  t.strictSame(one.faults, []);
  t.match(one.status(), { lastEvent: 3, hooks: [{ name: '10-slow', runs: 3, failures: 0 }, { name: '20-quick' }] });
  t.equal(one.runner.after(), 3);
});

t.test('what fails, hangs or is no program keeps nothing else from running', async (t) => {
  const { directory, put, said } = place();
  put('10-fails', 'echo "no mail today" >&2; exit 3');
  put('20-hangs', 'trap "" TERM; sleep 60 & sleep 60');
  writeFileSync(join(directory, '30-garbage'), '\x7fELF nonsense');
  chmodSync(join(directory, '30-garbage'), 0o755);
  put('40-good', 'echo "good $BACKUP_ROUTER_SEQ" >>@FILE; head -c 10000000 /dev/zero');
  const one = life(directory, START, 300);
  one.runner.add([event(1)]);
  await idle(one, 1);
  t.strictSame(said(), ['good 1']);
  t.match(one.faults, [
    /^10-fails 1 exited with 3: no mail today$/,
    /^20-hangs 1 was killed after 300 ms$/,
    /^30-garbage 1 /,
  ]);
  t.match(one.status().hooks, [
    { failures: 1, last: { event: 1, kind: 'order', fault: /no mail/ } },
    { failures: 1, last: { tookMs: Number } },
    { failures: 1 },
    { failures: 0, last: { fault: null } },
  ]);
});

t.test('a process that is killed amid an event: the next one runs the hooks that are left, and no other', async (t) => {
  const { directory, put, said } = place();
  for (const name of ['10-a', '20-b', '30-c']) put(name, `echo "${name} $BACKUP_ROUTER_SEQ" >>@FILE`);
  const path = join(made, 'state', 'done.json');
  t.equal(readDone(path), undefined);
  const killed: Done = { seq: 4, at: AT, under: { seq: 5, begun: ['10-a', '20-b'] } };
  t.equal(writeDone(path, killed), undefined);
  t.strictSame(readDone(path), killed);
  const one = life(directory, readDone(path)!);
  t.equal(one.runner.after(), 4);
  one.runner.add([event(4), event(5), event(6)]);
  await idle(one, 6);
  t.strictSame(said(), ['30-c 5', '10-a 6', '20-b 6', '30-c 6']);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"seq": 4', '"seq": 3'));
  t.equal(readDone(path), undefined, 'a record that was damaged is none');
});

t.test('an orderly end lets the hook end, begins no other, and nothing is lost', async (t) => {
  const { directory, put, said } = place();
  put('10-slow', 'sleep 0.5; echo "slow $BACKUP_ROUTER_SEQ" >>@FILE');
  put('20-next', 'echo "next $BACKUP_ROUTER_SEQ" >>@FILE');
  const first = life(directory, START);
  first.runner.add([event(1), event(2)]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await first.runner.stop();
  t.strictSame(said(), ['slow 1']);
  const second = life(directory, first.done());
  second.runner.add([event(1), event(2)]);
  await idle(second, 2);
  t.strictSame(said(), ['slow 1', 'next 1', 'slow 2', 'next 2']);
});

t.test('a storm is bounded; a history that was lost begins anew', async (t) => {
  const { directory } = place();
  const one = life(directory, START);
  one.runner.add([event(1)]);
  one.runner.add(Array.from({ length: 1_500 }, (_, i) => event(i + 2)));
  await idle(one, 1_501);
  t.ok(one.status().leftOut >= 499, `${one.status().leftOut} left out, and told`);
  t.equal(isDone({ seq: 900, at: AT }, { seq: 3, at: '2026-05-01T12:00:00.001Z' }), false);
  t.equal(isDone({ seq: 900, at: AT }, { seq: 3, at: AT }), true);
});

t.test('the file for status: whatever stands there', async (t) => {
  const path = join(made, 'status.json');
  const status: HooksStatus = {
    pid: 1,
    directory: '/d',
    lastEvent: 2,
    waiting: 0,
    leftOut: 0,
    hooks: [{ name: 'a', runs: 1, failures: 1, last: { at: AT, event: 2, kind: 'order', tookMs: 3, fault: 'f' } }],
  };
  writeFileSync(path, statusText(status));
  t.strictSame(readHooksStatus(path), status);
  const many = { ...status, hooks: Array.from({ length: 500 }, (_, i) => ({ ...status.hooks[0]!, name: `h${i}` })) };
  writeFileSync(path, statusText(many));
  t.equal(readHooksStatus(path)?.hooks.length, 100);
  for (const text of [
    '',
    'null',
    '[]',
    '{}',
    '{"pid":1',
    JSON.stringify({ ...status, hooks: [null] }),
    JSON.stringify({ ...status, hooks: [{ ...status.hooks[0], last: { at: 'x' } }] }),
    JSON.stringify({ ...status, waiting: 'many' }),
    ' '.repeat(70_000),
  ]) {
    writeFileSync(path, text);
    t.equal(readHooksStatus(path), undefined, text.slice(0, 40));
  }
  t.equal(readHooksStatus('/dev/zero'), undefined);
  t.equal(readHooksStatus(join(made, 'nothing')), undefined);
});
