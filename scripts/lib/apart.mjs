/**
 * Runs compiled test files, each in a process of its own and several at once, and writes one TAP:
 * apart.mjs JOBS FILE...
 *
 * For tests that create namespaces, change their own process or are heavy. The files that took
 * longest in the last run start first, so that none is left to run alone at the end. tap's own
 * runner is not used: what it adds to each process fails when a test drops its privileges.
 *
 * Invariant: each file has one test point with its path, `not ok` when its process failed or ran
 * out of time.
 */

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Within this time tap itself reports the time-out; a process that still runs 30 s later is
 * killed. Tests of packages build them first.
 */
const secondsOf = (file) => (file.includes('/packages/') ? 600 : 480);
const DURATIONS = 'dist/.durations.json';

const [jobs, ...files] = process.argv.slice(2);
const durations = read();
const waiting = files.sort((a, b) => (durations[b] ?? Infinity) - (durations[a] ?? Infinity));
let failed = false;

await Promise.all(
  Array.from({ length: Number(jobs) }, async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) await run(file);
  }),
);
// Read again: another run may have written it.
writeFileSync(DURATIONS, JSON.stringify({ ...read(), ...durations }));
process.exitCode = failed ? 1 : 0;

async function run(file) {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TAP: '1', TAP_TIMEOUT: String(secondsOf(file)) },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), (secondsOf(file) + 30) * 1000);
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const [status, signal] = await new Promise((resolve) => {
    child.on('close', (...end) => resolve(end));
    // A process that a test left behind may hold the pipe.
    child.on('exit', (...end) => setTimeout(resolve, 2000, end));
  });
  clearTimeout(timer);
  child.stdout.destroy();
  const ms = Math.round(performance.now() - startedMs);
  durations[file] = ms;
  const ok = status === 0;
  failed ||= !ok;
  const text = Buffer.concat(chunks)
    .toString()
    .trimEnd()
    .replace(/^(?=.)/gm, '    ');
  const why = signal === null ? '' : `  ---\n  signal: ${signal}\n  ...\n`;
  process.stdout.write(`# Subtest: ${file}\n${text}\n${ok ? 'ok' : 'not ok'} - ${file} # time=${ms}ms\n${why}`);
}

function read() {
  try {
    return JSON.parse(readFileSync(DURATIONS, 'utf8'));
  } catch {
    return {};
  }
}
