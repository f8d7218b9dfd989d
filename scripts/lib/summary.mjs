/**
 * Reads TAP from standard input, prints a summary for people, and ends with `N passed, N failed, N
 * skipped`.
 *
 * It counts the innermost test points: assertions, and subtests without any, such as skipped ones.
 * A parent that failed although nothing in it did (a time-out, a crash, a wrong plan) counts as
 * one failure. tap's own closing comment counts each level by itself and is not used.
 *
 * Invariant: exit status 0 only when something passed, nothing failed, nothing bailed out, each
 * expected file has a result, and each run of tap ended with 0.
 */

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** The directory with the whole TAP and standard error; none in watch mode. */
const logDirectory = process.argv[2];
/** pending[d]: the finished points at depth d whose parent is not yet known. */
const pending = [[]];
const notes = [];
const failedRuns = [];
/** The files that were to run. After a time-out tap may end without a result for later files. */
const expected = [];
let diagnostic; // {indent, lines} inside a YAML block
let told = 0;
let bailed;

for await (const line of createInterface({ input: process.stdin })) read(line);
tellUpTo(pending[0].length);

const tops = pending.flat();
const totals = tops.map(count).reduce(add, { passed: 0, failed: 0, skipped: 0 });
const failures = tops.flatMap((node) => failuresOf(node, []));
const skips = tops.flatMap((node) => skipsOf(node, []));
if (bailed !== undefined) failures.push({ name: `Bail out! ${bailed}`, diagnostic: [] });
for (const file of expected) {
  if (!tops.some((node) => node.name === file)) failures.push({ name: `${file}: no result`, diagnostic: [] });
}
for (const run of failedRuns) {
  // A run that failed only because a test did is not listed.
  if (failures.length === 0) failures.push({ name: run, diagnostic: [] });
}
totals.failed = Math.max(totals.failed, failures.length);

for (const note of notes) console.log(note);
for (const failure of failures) console.log(`\nFAILED  ${failure.name}\n${failure.diagnostic.slice(0, 60).join('\n')}`);
if (failures.length > 0 && logDirectory !== undefined) console.log(`\n${stderrTail()}`);
if (skips.length > 0) console.log(`\nskipped:\n${skips.map((skip) => `  ${skip}`).join('\n')}`);
console.log(logDirectory === undefined ? '' : `\nthe whole TAP: ${logDirectory}/tap`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;

function read(line) {
  const indent = line.length - line.trimStart().length;
  const depth = Math.floor(indent / 4);
  if (diagnostic !== undefined) {
    if (indent === diagnostic.indent && line.trim() === '...') diagnostic = undefined;
    else diagnostic.lines.push(line.slice(diagnostic.indent));
    return;
  }
  const last = pending[depth]?.at(-1);
  const text = line.trim();
  if (text === '---' && last !== undefined && indent % 4 === 2) {
    diagnostic = { indent, lines: last.diagnostic };
    return;
  }
  if (indent % 4 !== 0) return;
  const point = /^(not )?ok(?: +\d+)?(?: +-)?(?: +(.*))?$/.exec(text);
  if (point !== null) readPoint(depth, point[1] === undefined, point[2] ?? '');
  else if (text === '}' && last !== undefined) adopt(last, depth);
  else if (depth === 0 && text.startsWith('# Subtest: ')) tellUpTo(pending[0].length);
  else if (text.startsWith('Bail out!')) bailed ??= text.slice(9).trim();
  else if (text.startsWith('# backup-router: ')) readMarker(text.slice(17));
}

function readPoint(depth, ok, rest) {
  if (depth === 0) tellUpTo(pending[0].length);
  const description = rest.replace(/ *\{$/, '');
  const directive = /(?:^|\s)# *(skip|todo)\b\S* *(.*?)(?: # time=.*)?$/i.exec(description);
  const name = description.replace(/(?:^|\s)# *(?:time=|skip|todo).*$/i, '').trim();
  const [, time, unit] = /# time=([\d.]+)(ms|s|m)\b/.exec(description) ?? [];
  const node = {
    seconds: time === undefined ? undefined : Number(time) * { ms: 0.001, s: 1, m: 60 }[unit],
    name: name || '(unnamed)',
    ok,
    skip: directive === null ? undefined : `${directive[1].toUpperCase()} ${directive[2]}`.trim(),
    diagnostic: [],
    children: [],
  };
  (pending[depth] ??= []).push(node);
  adopt(node, depth);
}

/**
 * The points so far one level deeper belong to this one: they precede it (plain) or follow it up
 * to its brace (buffered).
 */
function adopt(node, depth) {
  node.children.push(...(pending[depth + 1] ?? []));
  pending.length = Math.min(pending.length, depth + 1);
}

function readMarker(text) {
  const run = /^exit (\d+) of (.*)$/.exec(text);
  if (text.startsWith('expect ')) expected.push(text.slice(7));
  else if (run === null) notes.push(text);
  else if (run[1] !== '0') failedRuns.push(`${run[2]}: tap ended with status ${run[1]}`);
}

/** Prints one line for each finished file. A file is finished when the next begins. */
function tellUpTo(length) {
  for (; told < length; told++) {
    const node = pending[0][told];
    const { passed, failed, skipped } = count(node);
    const name = node.name.replace(/^dist\/test\//, '').replace(/\.test\.js$/, '');
    const seconds = node.seconds === undefined ? '' : `${node.seconds.toFixed(1)} s`;
    console.log(
      `${failed > 0 ? 'FAIL' : passed > 0 ? 'ok  ' : 'skip'}  ${name.padEnd(36)} ${seconds.padStart(7)}  ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    );
  }
}

function count(node) {
  if (node.children.length === 0) {
    if (node.skip !== undefined) return { passed: 0, failed: 0, skipped: 1 };
    return node.ok ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
  }
  const sum = node.children.map(count).reduce(add, { passed: 0, failed: 0, skipped: 0 });
  return node.ok || sum.failed > 0 || node.skip !== undefined ? sum : add(sum, { passed: 0, failed: 1, skipped: 0 });
}

function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

function failuresOf(node, path) {
  const here = [...path, node.name];
  const below = node.children.flatMap((child) => failuresOf(child, here));
  if (node.ok || node.skip !== undefined || below.length > 0) return below;
  return [{ name: here.join(' > '), diagnostic: node.diagnostic }];
}

function skipsOf(node, path) {
  const here = [...path, node.name];
  if (node.children.length > 0) return node.children.flatMap((child) => skipsOf(child, here));
  return node.skip === undefined ? [] : [`${here.join(' > ')}  (${node.skip})`];
}

function stderrTail() {
  try {
    const lines = readFileSync(`${logDirectory}/stderr`, 'utf8').trimEnd().split('\n');
    return `standard error of the tests ended:\n${lines.slice(-20).join('\n')}`;
  } catch {
    return '';
  }
}
