import t from 'tap';
import { addressBytes, addressFromBytes, parseAddress } from '../../src/model/address.js';
import { comparePrefixes, containsPrefix, networkKey, parsePrefix, prefixText } from '../../src/model/prefix.js';

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

t.test('a prefix carries its bits, unsigned', async (t) => {
  const high = parsePrefix('192.168.128.0/17')!;
  t.same(high.bits, [0xc0a88000]);
  t.same(parsePrefix('2001:db8:8000::/33')!.bits, [0x20010db8, 0x80000000, 0, 0]);
  t.equal(networkKey(high, 8), networkKey(parsePrefix('192.0.0.0/8')!, 8));
  t.not(networkKey(high, 17), networkKey(parsePrefix('192.168.0.0/17')!, 17));
  const texts = ['10.0.0.0/8', '10.0.0.0/9', '10.128.0.0/9', '192.0.0.0/8', '192.168.128.0/17'];
  const shuffled = [3, 1, 4, 0, 2].map((i) => parsePrefix(texts[i]!)!);
  t.same(shuffled.sort(comparePrefixes).map(prefixText), texts, 'in the order of addresses, the shorter first');
});
