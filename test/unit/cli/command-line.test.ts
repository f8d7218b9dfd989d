/** How words become the arguments and options of a command, and what is said of those that do not. */

import t from 'tap';
import { Command } from '../../../src/cli/command-line.js';
import { helpPage } from '../../../src/cli/help-page.js';
import { buildProgram } from '../../../src/cli/program.js';
import { CommandError, EXIT } from '../../../src/model/exit.js';

let given: readonly unknown[] = [];
const command = new Command('walk')
  .description('go somewhere')
  .argument('<where>', 'a place', undefined, ['home', 'away'])
  .argument('[when]', 'a time', 'now')
  .option('-c, --config <file>', 'a file', '/etc/file')
  .option('-n <count>', 'how often')
  .option('-v, --verbose', 'tell more')
  .option('-w, --dry-run', 'do nothing')
  .option('--case <name...>', 'only these')
  .action(async (...all: unknown[]) => {
    given = all;
    return 7;
  });

async function read(line: string): Promise<readonly unknown[] | string> {
  given = [];
  try {
    const read = command.read(line === '' ? [] : line.split(' '));
    if (read.kind === 'help') return 'help';
    t.equal(await read.run(), 7);
    return given;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    t.equal(error.exitStatus, EXIT.USAGE);
    return `${error.message} | ${error.suggestion}`;
  }
}

const HELP = 'walk --help';
const READ: Readonly<Record<string, readonly unknown[] | string>> = {
  home: ['home', 'now', { config: '/etc/file' }],
  'away later -c x -v': ['away', 'later', { config: 'x', verbose: true }],
  '-cx -vw home': ['home', 'now', { config: 'x', verbose: true, dryRun: true }],
  '--config=x=y home': ['home', 'now', { config: 'x=y' }],
  '-c - home': ['home', 'now', { config: '-' }],
  '-c -v home': ['home', 'now', { config: '-v' }],
  '-n 3 home -': ['home', '-', { config: '/etc/file', n: '3' }],
  'home --case a b -v': ['home', 'now', { config: '/etc/file', case: ['a', 'b'], verbose: true }],
  'home -- --verbose': ['home', '--verbose', { config: '/etc/file' }],
  'home --config=': ['home', 'now', { config: '' }],
  'home -h': 'help',
  '--nothing --help': `unknown option '--nothing' | ${HELP}`,
  '--verbos home': `unknown option '--verbos' | Did you mean --verbose?`,
  '--verbose=1 home': `unknown option '--verbose=1' | Did you mean --verbose?`,
  '-vx home': `unknown option '-x' | ${HELP}`,
  'home -c': `option '-c, --config <file>' argument missing | ${HELP}`,
  '': `missing required argument 'where' | ${HELP}`,
  nowhere: `'nowhere' is invalid for argument 'where'. Allowed choices are home, away. | ${HELP}`,
  'home now then': `too many arguments for 'walk'. Expected 2 arguments but got 3. | ${HELP}`,
};

t.test('words', async (t) => {
  for (const [line, expected] of Object.entries(READ)) t.strictSame(await read(line), expected, line);
});

t.test('options of the program, before the command and behind it', async (t) => {
  const program = new Command('program').option('--instance <name>', 'which');
  const sub = program.command('sub').option('--json', 'as JSON');
  t.strictSame(program.leading(['--instance', 'a', 'sub', '--json']), {
    options: { instance: 'a' },
    rest: ['sub', '--json'],
  });
  t.strictSame(program.leading(['--other', 'sub']), { options: {}, rest: ['--other', 'sub'] });
  t.match(sub.read(['--json'], { instance: 'a' }), { options: { instance: 'a', json: true } });
  t.match(sub.read(['--instance=b']), { options: { instance: 'b' } });
});

t.test('every page of help fits its columns, and names every option', async (t) => {
  const program = buildProgram();
  for (const one of [program, ...program.commands])
    for (const width of [40, 80]) {
      const page = helpPage(program, one, width);
      const written = page.slice(0, page.lastIndexOf(one.after));
      t.match(written, /^Usage: backup-router/);
      // A word is never cut: the longest one is a term.
      for (const line of written.split('\n').slice(1))
        t.ok(line.length <= width || /^ *\S+( \S+)?$/.test(line.trim()), line);
      for (const { flags } of one.parameters) for (const flag of flags) t.ok(written.includes(flag), flag);
    }
});
