/** The libc calls on real sockets: a datagram arrives whole, a unix peer is who it is, absence is an answer. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { errnoName, errnoText } from '../../../src/native/errno.js';
import { disableLibc, libcFault, loadLibc, peerCredentials, sendDatagram } from '../../../src/native/libc.js';

/** Perl is in every Debian; Node itself has no AF_UNIX datagrams. Says `ready`, then what it received. */
const RECEIVER = `
use Socket; $| = 1;
my $name = $ARGV[0]; my $path = $name; $path =~ s/^\\x40/\\0/;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die; bind($s, pack("S a*", AF_UNIX, $path)) or die "bind: $!";
print "ready\\n"; recv($s, my $bytes, 65536, 0); print $bytes;`;

/** Not t.testdir: a unix address has 107 bytes. */
const directory = mkdtempSync(join(tmpdir(), 'backup-router-'));
t.teardown(() => rmSync(directory, { recursive: true }));

function fdOf(socket: Socket): number {
  return (socket as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;
}

t.test('koffi loads here', async (t) => {
  t.ok(loadLibc(), libcFault());
  t.equal(libcFault(), '');
  t.equal(loadLibc(), loadLibc());
});

t.test('datagrams to paths and to abstract addresses', async (t) => {
  for (const address of [`${directory}/notify`, `@backup-router-test-${process.pid}`]) {
    const receiver = spawn('perl', ['-e', RECEIVER, address], { stdio: ['ignore', 'pipe', 'inherit'] });
    await Promise.race([once(receiver.stdout, 'data'), once(receiver, 'exit')]);
    t.equal(receiver.exitCode, null, 'the receiver stands');
    let received = '';
    receiver.stdout.on('data', (bytes: Buffer) => (received += bytes.toString()));
    t.same(sendDatagram(address, Buffer.from('READY=1\nSTATUS=höher')), { ok: true }, address);
    await once(receiver, 'close');
    t.equal(received, 'READY=1\nSTATUS=höher');
  }
});

t.test('a datagram nobody takes is refused by name', async (t) => {
  t.same(sendDatagram(`${directory}/nobody`, Buffer.from('x')), { ok: false, code: 'ENOENT' });
  t.same(sendDatagram(`@backup-router-nobody-${process.pid}`, Buffer.from('x')), {
    ok: false,
    code: 'ECONNREFUSED',
  });
  t.same(sendDatagram('/'.repeat(200), Buffer.from('x')), { ok: false, code: 'ENAMETOOLONG' });
});

t.test('the peer of a unix socket', async (t) => {
  const path = `${directory}/s`;
  const server = createServer().listen(path);
  await once(server, 'listening');
  const client = connect(path);
  const [accepted] = (await once(server, 'connection')) as [Socket];
  t.same(peerCredentials(fdOf(accepted)), {
    pid: process.pid,
    uid: process.getuid!(),
  });
  t.equal(peerCredentials(99999), undefined);
  client.destroy();
  accepted.destroy();
  server.close();
});

t.test('options are refused with the errno', async (t) => {
  t.equal(errnoName(loadLibc()!.setInt(99999, 1, 8, 1)), 'EBADF');
  t.equal(loadLibc()!.socketName(99999), undefined);
  t.equal(loadLibc()!.getBytes(99999, 1, 8, Buffer.alloc(4)), undefined);
  t.equal(errnoName(loadLibc()!.attachFilter(99999, [{ code: 6, jt: 0, jf: 0, k: 0 }])), 'EBADF');
});

t.test('errno names and words', async (t) => {
  t.equal(errnoName(17), 'EEXIST');
  t.equal(errnoName(-17), 'EEXIST');
  t.equal(errnoText(1), 'operation not permitted');
  t.equal(errnoName(9999), 'errno 9999');
});

t.test('without koffi everything says so and nothing throws', async (t) => {
  t.teardown(disableLibc());
  t.equal(loadLibc(), undefined);
  t.not(libcFault(), '');
  t.same(sendDatagram('/nowhere', Buffer.from('x')), { ok: false, code: 'ENOSYS' });
  t.equal(peerCredentials(0), undefined);
});
