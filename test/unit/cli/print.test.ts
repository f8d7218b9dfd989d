/** What a command prints arrives whole, or the command says why not. */

import { spawnSync } from 'node:child_process';
import t from 'tap';
import { ENTRY } from '../../../src/drill/lab/entry.js';

const sh = (line: string) =>
  spawnSync('bash', ['--norc', '-c', `set -o pipefail; ${line}`], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NODE: process.execPath, ENTRY, STATE_DIRECTORY: '/nowhere' },
  });

t.test('a full disk', async (t) => {
  const { status, stderr } = sh('"$NODE" "$ENTRY" completion bash > /dev/full');
  t.equal(status, 74);
  t.match(stderr, 'backup-router: the output cannot be written: ENOSPC');
});

t.test('a reader that has gone', async (t) => {
  const { status, stdout, stderr } = sh('"$NODE" "$ENTRY" completion bash | true');
  t.strictSame({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
});

t.test('a slow reader of a pipe that does not wait', async (t) => {
  const nonBlocking =
    'import os; os.set_blocking(1, False); os.execv(os.environ["NODE"], ["node", os.environ["ENTRY"], "completion", "bash"])';
  if (sh('python3 --version').status !== 0) return t.comment('no python3 here');
  const whole = sh('"$NODE" "$ENTRY" completion bash').stdout;
  t.match(whole, /^# bash completion/);
  t.equal(sh(`python3 -c '${nonBlocking}' | { sleep 0.3; cat; }`).stdout, whole);
});
