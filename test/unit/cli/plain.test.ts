/** The command lines that the entry parses itself: the same result as through the parser, which has all others. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));
const dir = t.testdir({
  'config.yaml': 'management-interface: none0\nbackup-router: {address: 198.51.100.1}\n',
});
const file = join(dir, 'config.yaml');

function backupRouter(
  args: readonly string[],
  instance = '',
): { readonly status: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    env: { ...process.env, RUNTIME_DIRECTORY: dir, STATE_DIRECTORY: dir, BACKUP_ROUTER_INSTANCE: instance },
  });
  return { status, out: stdout, err: stderr };
}

t.test('the same through the parser', async (t) => {
  const parsed = backupRouter(['check', `--config=${file}`]);
  t.match(parsed, { status: 0, out: `${file}: ok\n` });
  for (const option of ['-c', '--config']) t.same(backupRouter(['check', option, file]), parsed, option);
  const json = backupRouter(['check', '--json', `-c${file}`]);
  t.match(JSON.parse(json.out), { version: 1, file, valid: true });
  t.same(backupRouter(['check', '-c', file, '--json']), json);
  t.same(backupRouter(['check', '--json', '-c', file]), json);
});

t.test('what the parser refuses is refused', async (t) => {
  for (const [args, err] of [
    [['check', '-c'], /argument missing/],
    [['check', '--json', 'more'], /too many arguments/],
    [['check', '--jsn'], /unknown option '--jsn'/],
    [['status', '-c', file], /unknown option '-c'/],
    [['status', 'json'], /too many arguments/],
    [['explain', '--json'], /missing required argument 'address'/],
    [['explain', '198.51.100.1', '198.51.100.2'], /too many arguments/],
  ] as const)
    t.match(backupRouter(args), { status: 64, err }, args.join(' '));
  t.match(backupRouter(['check', '-c', file], '../x'), { status: 64, err: /not a valid name of an agent/ });
});
