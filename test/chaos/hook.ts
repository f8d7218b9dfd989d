/**
 * The hook that a storm loads into the agent's process with `node --require`. On SIGUSR2 it reads
 * an order: it shifts the wall clock that the program sees, removes CAP_NET_ADMIN from the
 * effective set or restores it, and writes down how memory is used. It changes nothing else in the
 * program.
 */

export interface Orders {
  /** Added to the wall clock, in milliseconds. */
  readonly clockMs: number;
  /** Whether the process may change the network. */
  readonly mayChange: boolean;
  /** Whether garbage is collected before the memory is written down. */
  readonly collect: boolean;
}

/** The process's memory in bytes. */
export interface Memory {
  readonly atMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  /** V8's heap by space: the size obtained from the system, and the size in use. */
  readonly spaces: Readonly<Record<string, readonly [size: number, used: number]>>;
}

/** The path of the memory report, beside the file of orders. */
export function memoryFile(orders: string): string {
  return `${orders}.memory`;
}

/** The text of the module. `orders` is the file that it reads. */
export function hookText(orders: string, koffi: string): string {
  return `'use strict';
const fs = require('node:fs');
const Real = Date;
const now = Date.now;
let offset = JSON.parse(fs.readFileSync(${JSON.stringify(orders)}, 'utf8')).clockMs;
globalThis.Date = class Date extends Real {
  constructor(...words) { if (words.length === 0) super(now() + offset); else super(...words); }
  static now() { return now() + offset; }
};
const CAP_NET_ADMIN = 12;
let capset;
const setCapability = (may) => {
  capset ??= require(${JSON.stringify(koffi)}).load('libc.so.6').func('int capset(uint8_t *header, uint8_t *data)');
  const permitted = BigInt('0x' + /CapPrm:\\s+(\\w+)/.exec(fs.readFileSync('/proc/thread-self/status', 'utf8'))[1]);
  const effective = may ? permitted : permitted & ~(1n << BigInt(CAP_NET_ADMIN));
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x20080522, 0);
  const data = Buffer.alloc(24);
  for (const half of [0, 1]) {
    data.writeUInt32LE(Number((effective >> BigInt(32 * half)) & 0xffffffffn), 12 * half);
    data.writeUInt32LE(Number((permitted >> BigInt(32 * half)) & 0xffffffffn), 12 * half + 4);
  }
  capset(header, data);
};
const tellMemory = (collect) => {
  const v8 = require('node:v8');
  if (collect) {
    v8.setFlagsFromString('--expose-gc');
    require('node:vm').runInNewContext('gc')();
  }
  const spaces = {};
  for (const one of v8.getHeapSpaceStatistics()) spaces[one.space_name] = [one.space_size, one.space_used_size];
  const file = ${JSON.stringify(memoryFile(orders))};
  fs.writeFileSync(file + '.new', JSON.stringify({ atMs: now(), ...process.memoryUsage(), spaces }));
  fs.renameSync(file + '.new', file);
};
let may = true;
process.on('SIGUSR2', () => {
  try {
    const orders = JSON.parse(fs.readFileSync(${JSON.stringify(orders)}, 'utf8'));
    offset = orders.clockMs;
    if (orders.mayChange !== may) setCapability(orders.mayChange);
    may = orders.mayChange;
    tellMemory(orders.collect);
  } catch (error) {
    process.stderr.write('hook: ' + error.message + '\\n');
  }
});
`;
}
