/** The record on disk, the bytes of a route, and when systemd's ExecStopPost= gives back. */

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { comesBack } from '../../../src/cli/restore.js';
import {
  isOver,
  originalFault,
  originalOf,
  writeAdoptRoute,
  writeRestoreRoute,
} from '../../../src/kernel/messages/original.js';
import { decodeRoute } from '../../../src/kernel/messages/route.js';
import { alone } from '../../../src/kernel/netlink/codec.js';
import type { AdoptedRoute } from '../../../src/model/adopted.js';
import { pathsOf } from '../../../src/model/paths.js';
import { readAdopted, writeAdopted } from '../../../src/runtime/adopted-record.js';
import { readRecord, recordText } from '../../../src/runtime/record-file.js';

// rtmsg of `default via 10.255.0.1 dev if2 proto dhcp src 10.255.0.2 metric 100 onlink`, as dumped: flags onlink | linkdown.
const RTMSG = '02000000fe100001' + '14000000';
const TABLE = '08000f00fe000000';
const PRIORITY = '0800060064000000';
const PREFSRC = '080007000aff0002';
const METRICS = '0c000800' + '0800020078050000';
const GATEWAY = '080005000aff0001';
const OIF = '0800040002000000';
const cacheinfo = (expires: string): string => '24000c00' + '00000000' + '00000000' + expires + '00000000'.repeat(5);

function dumped(...attributes: readonly string[]): Buffer {
  const payload = RTMSG + attributes.join('');
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + payload.length / 2, 0);
  header.writeUInt16LE(24, 4);
  return Buffer.concat([header, Buffer.from(payload, 'hex')]);
}

function original(...attributes: readonly string[]): NonNullable<ReturnType<typeof originalOf>> {
  const bytes = dumped(...attributes);
  return originalOf(decodeRoute(bytes, 0, bytes.length)!, bytes, 0, bytes.length)!;
}

const ALL = [TABLE, PRIORITY, PREFSRC, METRICS, GATEWAY, OIF];

t.test('what a dump says is kept to the byte, but for what only a dump says', (t) => {
  const { message, obstacle } = original(...ALL, cacheinfo('00000000'));
  t.equal(
    message,
    '02000000fe100001' + '04000000' + ALL.join(''),
    'no cache information, no linkdown; source, metrics and onlink stay',
  );
  t.equal(obstacle, undefined);
  const advertised = original(...ALL, cacheinfo('58020000'));
  t.strictSame([advertised.message, advertised.obstacle], [message, undefined], 'a lifetime is no part of the bytes');
  t.ok(Math.abs(advertised.expiresAtS! - uptime() - 6) < 2, '600 ticks are 6 s from now');
  t.equal(original(...ALL, '08001e0007000000').obstacle, 'nexthop-object');
  const nexthops = (flags: string): string =>
    `24000900${`1000${flags}0002000000080005000aff0001`}${'1000000002000000080005000aff0003'}`;
  // The first has RTNH_F_LINKDOWN and RTNH_F_ONLINK.
  const multipath = dumped(TABLE, nexthops('14'));
  t.match(
    originalOf(decodeRoute(multipath, 0, multipath.length)!, multipath, 0, multipath.length)?.message,
    new RegExp(`${nexthops('04')}$`),
    'several next hops, without their state',
  );
  t.end();
});

t.test('a source that is gone is left out', (t) => {
  const { route, message } = original(...ALL);
  const { source: _source, ...sourceless } = route;
  const back = alone((writer) => writeRestoreRoute(writer, { route: sourceless, message, interfaceName: 'mgmt0' }));
  t.equal(back.subarray(16).toString('hex'), message.replace(PREFSRC, ''), 'and nothing else');
  t.equal(back.readUInt32LE(0), back.length);
  t.end();
});

t.test('the same bytes delete and create', (t) => {
  const { route, message } = original(...ALL, cacheinfo('00000000'));
  const adopted: AdoptedRoute = { route, message, interfaceName: 'mgmt0' };
  const restored = (record: AdoptedRoute): Buffer => alone((writer) => writeRestoreRoute(writer, record));
  const gone = alone((writer) => writeAdoptRoute(writer, adopted));
  const back = restored(adopted);
  t.equal(gone.subarray(16).toString('hex'), message);
  t.equal(back.subarray(16).toString('hex'), message);
  t.strictSame([gone.readUInt16LE(4), gone.readUInt16LE(6)], [25, 0x5], 'RTM_DELROUTE, REQUEST|ACK');
  t.strictSame(
    [back.readUInt16LE(4), back.readUInt16LE(6)],
    [24, 0x605],
    'RTM_NEWROUTE, REQUEST|ACK|CREATE|EXCL: never REPLACE',
  );
  const moved = restored({
    ...adopted,
    route: { ...route, nexthops: [{ ...route.nexthops[0]!, interfaceIndex: 9 }] },
  });
  t.equal(
    moved.subarray(16).toString('hex'),
    message.replace(OIF, '0800040009000000'),
    'an interface that was made anew',
  );
  const withEnd = restored({ ...adopted, expiresAtS: Math.round(uptime()) + 100 });
  t.equal(withEnd.subarray(16, -8).toString('hex'), message);
  t.strictSame(
    [withEnd.readUInt16LE(withEnd.length - 8), withEnd.readUInt16LE(withEnd.length - 6)],
    [8, 23],
    'RTA_EXPIRES',
  );
  t.ok(Math.abs(withEnd.readUInt32LE(withEnd.length - 4) - 100) < 3, 'what is left of the lifetime');
  t.strictSame(
    [isOver(adopted), isOver({ ...adopted, expiresAtS: 1 }), isOver({ ...adopted, expiresAtS: uptime() + 60 })],
    [false, true, false],
  );
  t.equal(originalFault(adopted), undefined);
  t.match(originalFault({ ...adopted, message: 'zz' }), /damaged/);
  t.match(originalFault({ ...adopted, message: message.replace('fe10', 'fe04') }), /contradicts/);
  t.end();
});

t.test('the record', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'br-record-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const { adopted: path } = pathsOf({ STATE_DIRECTORY: directory });
  const { route, message } = original(...ALL);
  const adopted: AdoptedRoute = { route, message, interfaceName: 'mgmt0' };
  t.strictSame(readAdopted(path), { adopted: [], fault: undefined }, 'none');
  t.equal(writeAdopted(path, [adopted]), undefined);
  t.strictSame(readAdopted(path), { adopted: [adopted], fault: undefined });
  t.equal(statSync(path).mode & 0o022, 0, 'for the owner alone to write');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"place": "\w{4}/, '"place": "0000'));
  t.match(readAdopted(path), { adopted: [], fault: /checksum/ }, 'edited by hand');
  writeAdopted(path, [adopted]);
  const { place } = readRecord(path)!;
  const text = JSON.stringify(readRecord(path), null, 1);
  writeFileSync(path, recordText({ ...readRecord(path), place: (place as string).replace(/^\w{4}/, '0000') }));
  t.strictSame(readAdopted(path), { adopted: [], fault: undefined }, 'another boot');
  for (const broken of [
    '{',
    '[]',
    'null',
    text.replace('"version": 1', '"version": 2'),
    text.replace(message, 'zz'),
    text.replace('"nexthops"', '"x"'),
  ]) {
    writeFileSync(path, broken);
    t.match(readAdopted(path), { adopted: [], fault: /./ }, `damaged: ${broken.slice(0, 10)}`);
  }
  t.match(writeAdopted(join(path, 'below'), []), /./, 'a fault is a value');
  t.equal(writeAdopted(path, []), undefined);
  t.equal(statSync(path).size, 0, 'as ExecStopPost= asks');
  t.strictSame(readAdopted(path), { adopted: [], fault: undefined }, 'nothing is recorded');
  t.end();
});

t.test('after a stop that is none', (t) => {
  const answers = ['success', 'timeout', 'signal', 'core-dump', 'watchdog', 'oom-kill'].map((SERVICE_RESULT) =>
    comesBack({ SERVICE_RESULT }),
  );
  t.strictSame(answers, [false, false, true, true, true, true]);
  t.strictSame(
    ['1', '70', '64', '77', '78'].map((EXIT_STATUS) => comesBack({ SERVICE_RESULT: 'exit-code', EXIT_STATUS })),
    [true, true, false, false, false],
  );
  t.equal(comesBack({}), false, 'by hand');
  const unit = readFileSync(new URL('../../../../systemd/backup-router.service', import.meta.url), 'utf8');
  t.match(unit, /^RestartPreventExitStatus=64 77 78$/m, 'the statuses that systemd does not restart after');
  t.match(
    unit,
    /^ExecStopPost=-\/bin\/sh -c '\[ ! -s "\$STATE_DIRECTORY\/adopted\.json" \] \|\| exec \S+ restore --after-stop'$/m,
  );
  t.end();
});
