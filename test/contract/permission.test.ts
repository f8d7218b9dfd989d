/** Without CAP_NET_ADMIN observing works and changes fail with EPERM. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const options = { skip: process.getuid?.() !== 0 && 'needs root to become nobody in a network namespace' };

t.test('EPERM by its name', options, async (t) => {
  const child = fileURLToPath(new URL('permission-child.js', import.meta.url));
  const nobody = [
    'setpriv',
    '--reuid',
    '65534',
    '--regid',
    '65534',
    '--clear-groups',
    '--bounding-set',
    '-all',
    '--inh-caps',
    '-all',
  ];
  const { status, stdout, stderr } = spawnSync('unshare', ['--net', ...nobody, process.execPath, child], {
    encoding: 'utf8',
  });
  t.equal(status, 0, stderr);
  t.same(JSON.parse(stdout), { codes: ['EPERM', 'EPERM', 'EPERM', 'EPERM'], links: ['lo'] });
});
