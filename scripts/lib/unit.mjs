/**
 * Runs compiled test files in a few processes and writes one TAP: unit.mjs FILE...
 *
 * For tests that need no root, no namespace and no process of their own. Each process takes one
 * file after another (unit-worker.mjs).
 *
 * Invariant: the output of a file stays together, and a file in which the process died has no
 * result (summary.mjs reports that).
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('unit-worker.mjs', import.meta.url));
/** The tests wait about as long as they compute. */
const processes = 2 * availableParallelism();

// Below the working directory, because tap leaves the working directory for any other.
const fixtures = mkdtempSync(join('dist', 'fixtures-'));
// The long ones start first, so that none runs alone at the end.
const long = /scenarios|property|robust/;
const waiting = process.argv.slice(2).sort((a, b) => Number(long.test(b)) - Number(long.test(a)));
let begun = 0;

const results = await Promise.all(Array.from({ length: Math.min(processes, waiting.length) }, work));
rmSync(fixtures, { recursive: true, force: true });
process.exitCode = results.every(Boolean) ? 0 : 1;

/** Runs one process from its first file to its end; resolves with whether it succeeded. */
function work() {
  const child = spawn(process.execPath, [WORKER], { stdio: ['pipe', 'pipe', 'inherit'] });
  const next = () => {
    const file = waiting.shift();
    if (file === undefined) child.stdin.end();
    else child.stdin.write(`${JSON.stringify({ file, testdir: resolve(fixtures, String(begun++)) })}\n`);
  };
  // A process that has died takes no more files; those sent to it have no result.
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
