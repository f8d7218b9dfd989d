/**
 * Run by disk.test.ts in a mount namespace with a disk of its own at argv[2]. It writes each
 * record while there is room, while there is none, and while the disk is read-only, and prints as
 * JSON the results and what is read afterwards.
 */

import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../../src/drill/lab/wait.js';
import { keepAside } from '../../src/runtime/aside.js';
import { readCovered, writeCovered } from '../../src/runtime/covered-record.js';
import { openHistoryFile, readHistory } from '../../src/runtime/history-file.js';
import { readLastKnownGood, writeLastKnownGood } from '../../src/runtime/last-known-good.js';
import { readLearned, writeLearned } from '../../src/runtime/learned-record.js';
import { readOrders, writeOrders } from '../../src/runtime/orders-record.js';
import { readUnconfirmed, thisMoment, writeUnconfirmed } from '../../src/runtime/unconfirmed-record.js';

const disk = process.argv[2]!;
const at = (name: string): string => join(disk, name);

interface Written {
  readonly write: (words: string) => Promise<string | undefined> | string | undefined;
  /** The text that was written last. */
  readonly read: () => string | undefined;
}

/** Longer than a page, so that it cannot fit into a full disk by chance. */
const LONG = 'x'.repeat(20_000);
const words = (text: string | undefined): string | undefined => text?.replaceAll(LONG, '');
const aside = at('aside.yaml');

const RECORDS: Readonly<Record<string, Written>> = {
  covered: {
    write: (text) => writeCovered(at('covered.json'), new Map([[`${text}${LONG}`, new Set(['0.0.0.0/0'])]])),
    read: () => words([...readCovered(at('covered.json')).keys()][0]),
  },
  learned: {
    write: (text) => writeLearned(at('learned.json'), new Map([[`inet ${text}${LONG}`, { gateway: '192.0.2.1' }]])),
    read: () => words([...readLearned(at('learned.json')).keys()][0]?.replace('inet ', '')),
  },
  orders: {
    write: (text) => writeOrders(at('orders.json'), { pin: { setAt: 1, durationMs: text.length }, role: undefined }),
    read: () =>
      'x'
        .repeat(Number(readOrders(at('orders.json')).pin?.durationMs ?? 0))
        .replace(/x+/, (all) => (all.length === 3 ? 'one' : 'second')),
  },
  unconfirmed: {
    write: (text) =>
      writeUnconfirmed(at('unconfirmed.json'), {
        kind: 'pending',
        text: `${text}${LONG}`,
        former: '',
        leftMs: 1,
        at: thisMoment(),
      }),
    read: () => words(readUnconfirmed(at('unconfirmed.json'))?.text),
  },
  'last known good': {
    write: (text) => writeLastKnownGood(at('good.yaml'), `${text}${LONG}`),
    read: () => words(readLastKnownGood(at('good.yaml'))),
  },
  'last known good, by a thread': {
    async write(text) {
      let fault: string | undefined;
      keepAside(aside, `${text}${LONG}`, (said) => (fault = said));
      for (let i = 0; i < 1500 && fault === undefined && words(readLastKnownGood(aside)) !== text; i++) await sleep(10);
      return fault;
    },
    read: () => words(readLastKnownGood(aside)),
  },
};

function fill(): void {
  const file = openSync(at('filler'), 'w');
  for (const size of [65_536, 4_096, 512, 1])
    try {
      while (writeSync(file, Buffer.alloc(size)) > 0);
    } catch {
      // ENOSPC: smaller pieces may still fit.
    }
  closeSync(file);
}

const told: Record<string, unknown> = {};
const faults: string[] = [];
const history = openHistoryFile(at('events.jsonl'), (fault) => void faults.push(fault));
let seq = 0;
const happen = async (): Promise<void> => {
  const text = `${++seq}${LONG}`;
  const before = faults.length;
  const isKept = (): boolean => readHistory(at('events.jsonl')).some((event) => event.seq === seq);
  history.append({ seq, at: new Date().toISOString(), level: 'notice', kind: 'order', what: text });
  await sleep(600);
  for (let i = 0; i < 700 && faults.length === before && !isKept(); i++) await sleep(20);
};

async function all(when: string, text: string): Promise<void> {
  for (const [name, { write, read }] of Object.entries(RECORDS))
    told[`${when}: ${name}`] = [(await write(text)) === undefined ? 'kept' : 'fault', read()];
  await happen();
  told[`${when}: left behind`] = readdirSync(disk).filter((name) => name.endsWith('.new'));
}

await all('room', 'one');
fill();
await all('full', 'second');
rmSync(at('filler'));
await all('room again', 'second');
execFileSync('mount', ['-o', 'remount,ro', disk]);
await all('read-only', 'one');
execFileSync('mount', ['-o', 'remount,rw', disk]);
await happen();
told['history'] = readHistory(at('events.jsonl')).map((event) => event.seq);
told['faults of the history'] = faults.length;
history.close();
process.stdout.write(JSON.stringify(told));
