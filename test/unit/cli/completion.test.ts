/** The completions, asked in the real shells; and that they and the manual are those of the program. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { bashCompletion } from '../../../src/cli/completion/bash.js';
import { fishCompletion } from '../../../src/cli/completion/fish.js';
import { completable } from '../../../src/cli/completion/words.js';
import { zshCompletion } from '../../../src/cli/completion/zsh.js';
import { buildProgram } from '../../../src/cli/program.js';
import { generated } from '../../../src/manual/write.js';

const root = new URL('../../../../', import.meta.url).pathname;
const commands = completable(buildProgram(() => undefined));
const names = commands.map(({ name }) => name);
const directory = mkdtempSync(join(tmpdir(), 'br-completion-'));
t.teardown(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'file one.yaml'), '');
const script = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
const missing = (shell: string): string | false =>
  spawnSync(shell, ['--version']).error !== undefined && `${shell} is not installed`;
const HOME = { PATH: process.env['PATH'] ?? '', HOME: directory, TERM: 'dumb' };

/** What each shell must offer behind these words. */
const CASES: readonly {
  readonly words: readonly string[];
  readonly offers: readonly string[];
  readonly not: readonly string[];
}[] = [
  { words: [''], offers: names, not: ['--json'] },
  { words: ['st'], offers: ['status'], not: ['run'] },
  { words: ['role', ''], offers: ['primary', 'standby', 'auto'], not: [] },
  { words: ['hold', ''], offers: ['30m', 'off'], not: [] },
  { words: ['completion', ''], offers: ['bash', 'zsh', 'fish'], not: [] },
  { words: ['status', '--j'], offers: ['--json'], not: ['--config'] },
  { words: ['check', '--config', 'fi'], offers: ['file one.yaml'], not: ['--json'] },
  { words: ['check', '-c', 'fi'], offers: ['file one.yaml'], not: [] },
];

t.test('bash', { skip: missing('bash') }, (t) => {
  const path = script('bash', bashCompletion(commands));
  for (const { words, offers, not } of CASES) {
    const run = spawnSync(
      'bash',
      [
        '--norc',
        '-c',
        'source "$0"; COMP_WORDS=(backup-router "$@"); COMP_CWORD=$#; _backup_router; printf "%s\\n" "${COMPREPLY[@]}"',
        path,
        ...words,
      ],
      { cwd: directory, env: HOME, encoding: 'utf8' },
    );
    const found = run.stdout.split('\n');
    t.equal(run.stderr, '', `backup-router ${words.join(' ')}`);
    for (const word of offers) t.ok(found.includes(word), `${words.join(' ')}: ${word}, of ${found.join(' ')}`);
    for (const word of not) t.notOk(found.includes(word), `${words.join(' ')}: not ${word}`);
  }
  t.end();
});

t.test('fish', { skip: missing('fish') }, (t) => {
  const path = script('fish', fishCompletion(commands));
  for (const { words, offers, not } of CASES) {
    const run = spawnSync(
      'fish',
      ['--no-config', '-c', `source ${path}; complete -C '${['backup-router', ...words].join(' ')}'`],
      { cwd: directory, env: HOME, encoding: 'utf8' },
    );
    const found = run.stdout.split('\n').map((line) => line.split('\t')[0]!.replace(/\\ /g, ' '));
    for (const word of offers)
      t.ok(found.includes(word), `${words.join(' ')}: ${word}, of ${found.join(' ')}${run.stderr}`);
    for (const word of not) t.notOk(found.includes(word), `${words.join(' ')}: not ${word}`);
  }
  t.end();
});

t.test('zsh', { skip: missing('zsh') }, (t) => {
  const path = script('zsh', zshCompletion(commands));
  const bound = spawnSync(
    'zsh',
    ['-f', '-c', `autoload -Uz compinit && compinit -D && source ${path} && print -r -- $_comps[backup-router]`],
    { cwd: directory, env: HOME, encoding: 'utf8' },
  );
  t.equal(bound.stdout.trim(), '_backup-router', bound.stderr);
  // The helpers of the completion system work inside its widgets only: here they tell what they are given.
  const helpers = '_arguments() { print -rl -- "$@" }; _describe() { print -rl -- "${(@P)2}" }; compdef() { : };';
  for (const { words, offers, not } of CASES.filter(({ words }) => words.length <= 2)) {
    const run = spawnSync(
      'zsh',
      [
        '-f',
        '-c',
        `${helpers} source ${path}; words=(backup-router "$@"); CURRENT=$(( $# + 1 )); _backup-router`,
        'zsh',
        ...words,
      ],
      { cwd: directory, env: HOME, encoding: 'utf8' },
    );
    for (const word of words[0] === 'st' ? [] : offers)
      t.match(
        run.stdout,
        new RegExp(`(^|[(\\s)])${word}([\\s):[]|$)`, 'm'),
        `${words.join(' ')}: ${word}${run.stderr}`,
      );
    for (const word of words.length < 2 ? [] : not) t.notMatch(run.stdout, word, `${words.join(' ')}: not ${word}`);
  }
  t.end();
});

t.test('every option of every command stands in every script', (t) => {
  for (const [shell, text] of Object.entries({
    bash: bashCompletion(commands),
    zsh: zshCompletion(commands),
    fish: fishCompletion(commands),
  })) {
    for (const { name, options } of commands) {
      t.ok(text.includes(name), `${shell}: ${name}`);
      for (const flag of options.flatMap((option) => option.flags))
        t.ok(text.includes(shell === 'fish' ? flag.replace(/^--?/, '') : flag), `${shell}: ${name} ${flag}`);
    }
  }
  t.end();
});

t.test('the manual pages and the schema in docs/ are what the code makes of them', (t) => {
  for (const [path, content] of Object.entries(generated(root)))
    t.equal(readFileSync(join(root, path), 'utf8'), content, `${path}; else: scripts/manual`);
  t.end();
});

t.test('the manual pages are clean roff, and name everything', { skip: missing('groff') }, (t) => {
  for (const page of ['backup-router.8', 'backup-router.yaml.5']) {
    const roff = readFileSync(join(root, 'docs/man', page), 'utf8');
    const format = (input: string) =>
      spawnSync('groff', ['-man', '-Tutf8', '-ww', '-rLL=80n', '-P-c'], { encoding: 'utf8', input });
    t.equal(format(roff).stderr, '', `${page} has no warning`);
    // Examples are to be copied as they are.
    t.ok(
      format(roff.replace(/^\.EX\n[\s\S]*?^\.EE\n/gm, ''))
        .stdout.split('\n')
        .every((line) => line.replace(/.\x08/g, '').length <= 80),
      `${page} fits 80 columns`,
    );
  }
  const page = readFileSync(join(root, 'docs/man/backup-router.8'), 'utf8');
  for (const { name, options } of commands) {
    t.match(page, `.SS "${name}`, name);
    for (const option of options.filter(({ flags }) => !flags.includes('--help')))
      for (const flag of option.flags) t.ok(page.includes(flag.replace(/-/g, '\\-')), `${name} ${flag}`);
  }
  t.end();
});
