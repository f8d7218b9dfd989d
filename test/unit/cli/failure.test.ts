/** A command that fails: the words, the JSON and the exit status, for what is foreseen and for what is not. */

import { spawnSync } from 'node:child_process';
import t from 'tap';
import { buildProgram, runProgram } from '../../../src/cli/program.js';
import { faultOf } from '../../lab/outputs.js';

const FAILURE = new URL('../../../src/cli/failure.js', import.meta.url).href;
const EXITS = new URL('../../../src/model/exit.js', import.meta.url).href;

/** `explain` in a process of its own, with that error and that command line. */
function fails(error: string, argv: readonly string[], to = '') {
  const script = `const { CommandError } = await import('${EXITS}'); const { explain } = await import('${FAILURE}'); process.exitCode = explain(${error});`;
  const command = [process.execPath, '--input-type=module', '-e', script, '--', ...argv];
  return spawnSync('sh', ['-c', `exec "$@" ${to}`, 'sh', ...command], { encoding: 'utf8' });
}

t.test('what is foreseen', async (t) => {
  const plain = fails("new CommandError(78, 'it is so', 'do that')", []);
  t.match(plain, { status: 78, stdout: '', stderr: 'backup-router: it is so\n  help: do that\n' });
  const json = fails("new CommandError(69, 'it is so')", ['status', '--json']);
  t.match(json, { status: 69, stderr: 'backup-router: it is so\n' });
  t.equal(faultOf('error', json.stdout), undefined);
  t.match(JSON.parse(json.stdout), { version: 1, error: { exitStatus: 69, message: 'it is so', suggestion: null } });
});

t.test('a file in place of an option', async (t) => {
  const help = (...argv: readonly string[]): Promise<unknown> => runProgram(argv).catch((error: unknown) => error);
  t.match(await help('check', './c.yaml'), { suggestion: 'backup-router check -c ./c.yaml' });
  t.match(await help('check', 'all'), { suggestion: 'backup-router check --help' });
});

t.test('a bug', async (t) => {
  const json = fails("new TypeError('no such thing')", ['doctor', '--json']);
  t.match(json, { status: 70, stderr: /^backup-router: internal error: TypeError: no such thing\n +at / });
  t.equal(faultOf('error', json.stdout), undefined);
  t.match(JSON.parse(json.stdout), { error: { exitStatus: 70, message: 'internal error: TypeError: no such thing' } });
  t.match(fails("'a word'", []), { status: 70, stdout: '', stderr: 'backup-router: internal error: a word\n' });
});

t.test('where the JSON of a failure cannot be written, neither', async (t) => {
  const full = fails("new CommandError(69, 'it is so')", ['status', '--json'], '> /dev/full');
  t.match(full, {
    status: 74,
    stderr: /^backup-router: it is so\nbackup-router: the output cannot be written: ENOSPC\n$/,
  });
});

t.test('every command that reports or changes something has --json', async (t) => {
  const without = buildProgram(() => undefined).commands.filter(
    ({ options }) => !options.some(({ long }) => long === '--json'),
  );
  t.strictSame(
    without.map((command) => command.name()),
    ['run', 'hooks', 'completion'],
    'but the two that serve, and the script of a shell',
  );
});
