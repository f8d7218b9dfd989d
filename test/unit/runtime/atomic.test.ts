/** A file is written whole or not at all: what stands there before a failure stands there after it. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { writeAtomically } from '../../../src/runtime/atomic.js';

const made = mkdtempSync(join(tmpdir(), 'br-atomic-'));
t.teardown(() => rmSync(made, { recursive: true, force: true }));

t.test('new, replaced, in a directory that is made', async (t) => {
  const path = join(made, 'a', 'b', 'file');
  t.equal(writeAtomically(path, 'first\n'), undefined);
  t.equal(readFileSync(path, 'utf8'), 'first\n');
  const inode = statSync(path).ino;
  t.equal(writeAtomically(path, 'zweiter \u00fc\n'), undefined);
  t.equal(readFileSync(path, 'utf8'), 'zweiter \u00fc\n');
  t.not(statSync(path).ino, inode, 'another file: who has the old one open reads it to its end');
  t.strictSame(readdirSync(join(made, 'a', 'b')), ['file'], 'nothing else is left');
  t.equal(statSync(path).mode & 0o022, 0, 'nobody else may write it');
});

t.test('a large text is written to its end', async (t) => {
  const text = 'x'.repeat(5_000_000);
  t.equal(writeAtomically(join(made, 'large'), text), undefined);
  t.equal(readFileSync(join(made, 'large'), 'utf8').length, text.length);
});

t.test('leftovers of a kill are no obstacle', async (t) => {
  const path = join(made, 'left');
  writeFileSync(`${path}.new`, 'half of something much longer than what follows');
  t.equal(writeAtomically(path, 'whole'), undefined);
  t.equal(readFileSync(path, 'utf8'), 'whole');
  t.notOk(existsSync(`${path}.new`));
});

t.test('a failure leaves the old content', async (t) => {
  const path = join(made, 'kept');
  t.equal(writeAtomically(path, 'old'), undefined);
  mkdirSync(`${path}.new`);
  t.match(writeAtomically(path, 'new'), /EISDIR/);
  t.equal(readFileSync(path, 'utf8'), 'old');
  t.match(writeAtomically(join(path, 'below', 'file'), 'x'), /ENOTDIR|EEXIST/);
});

t.test(
  'a full disk is a failure in words, and the old content stands',
  { skip: !existsSync('/dev/full') && 'no /dev/full here' },
  async (t) => {
    const path = join(made, 'full');
    t.equal(writeAtomically(path, 'old'), undefined);
    symlinkSync('/dev/full', `${path}.new`);
    t.match(writeAtomically(path, 'new'), /ENOSPC/);
    t.equal(readFileSync(path, 'utf8'), 'old');
  },
);
