/**
 * Runs compiled test files in a few processes and writes one TAP: unit.mjs FILE...
 *
 * What is run so needs no root, no namespace and no process of its own. Each process takes file after file (unit-worker.mjs).
 * Invariant: the output of a file stays together, and a file that a process died on is missing from it (summary.mjs then says so).
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('unit-worker.mjs', import.meta.url));
/** They wait about as long as they compute. */
const processes = 2 * availableParallelism();

// Below the working directory: tap leaves that for any other.
const fixtures = mkdtempSync(join('dist', 'fixtures-'));
// The long ones first, so that none begins when all others are done.
const long = /scenarios|property|robust/;
const waiting = process.argv.slice(2).sort((a, b) => Number(long.test(b)) - Number(long.test(a)));
let begun = 0;

const results = await Promise.all(Array.from({ length: Math.min(processes, waiting.length) }, work));
rmSync(fixtures, { recursive: true, force: true });
process.exitCode = results.every(Boolean) ? 0 : 1;

/** One process, from its first file to its end; whether all went well. */
function work() {
  const child = spawn(process.execPath, [WORKER], { stdio: ['pipe', 'pipe', 'inherit'] });
  const next = () => {
    const file = waiting.shift();
    if (file === undefined) child.stdin.end();
    else child.stdin.write(`${JSON.stringify({ file, testdir: resolve(fixtures, String(begun++)) })}\n`);
  };
  // A process that is gone takes no more files; those that it was given have no result then.
  child.stdin.on('error', () => {});
  let lines = [];
  const write = () => {
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
    lines = [];
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (!/^(not )?ok /.test(line)) return;
    write();
    next();
  });
  next();
  return new Promise((resolve) => {
    child.on('close', (status) => {
      write();
      resolve(status === 0);
    });
  });
}
