import t from 'tap';
import { addressBytes, addressFromBytes, parseAddress } from '../../src/model/address.js';
import { containsPrefix, parsePrefix, prefixText } from '../../src/model/prefix.js';

t.test('canonical text', async (t) => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['1.2.3.4', '1.2.3.4'],
    ['01.2.3.4', undefined],
    ['1.2.3', undefined],
    ['1.2.3.256', undefined],
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['FE80::1', 'fe80::1'],
    ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['fe80::1%eth0', undefined],
    [':::', undefined],
    ['1::2::3', undefined],
    ['', undefined],
  ];
  for (const [text, canonical] of cases) t.equal(parseAddress(text), canonical, text);
  for (const [, canonical] of cases)
    if (canonical !== undefined) t.equal(addressFromBytes(addressBytes(canonical)), canonical);
});

t.test('prefixes', async (t) => {
  t.equal(parsePrefix('172.16.128.0/13'), undefined, 'host bits');
  t.equal(parsePrefix('10.0.0.0/08'), undefined, 'leading zero');
  t.equal(parsePrefix('10.0.0.0/33'), undefined);
  const ten = parsePrefix('10.0.0.0/8')!;
  t.equal(prefixText(ten), '10.0.0.0/8');
  t.ok(containsPrefix(ten, parsePrefix('10.1.0.0/16')!));
  t.notOk(containsPrefix(ten, parsePrefix('0.0.0.0/0')!));
  t.ok(containsPrefix(parsePrefix('::/0')!, parsePrefix('2001:db8::/32')!));
  t.notOk(containsPrefix(parsePrefix('::/0')!, ten));
});
