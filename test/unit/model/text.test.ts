/** Text for people: no control character gets through, no word is lost or cut, columns stand below each other. */

import fc from 'fast-check';
import t from 'tap';
import {
  counted,
  durationText,
  firstOf,
  localTimes,
  oneLine,
  printable,
  shortTime,
  table,
  wrap,
} from '../../../src/model/text.js';

t.test('wrap', async (t) => {
  t.strictSame(wrap('one two three', 80, '    '), ['one two three']);
  t.strictSame(wrap('one two three', 8, '  '), ['one two', '  three']);
  t.strictSame(wrap('aa bb cc', 5), ['aa bb', 'cc']);
  t.strictSame(wrap('', 80), ['']);
  t.strictSame(wrap('label    aaaa bbbb cccc', 14, ' '.repeat(9)), ['label    aaaa', '         bbbb', '         cccc']);
  t.strictSame(wrap('a 2001:db8:1111:2222::1 b', 10, '  '), ['a', '  2001:db8:1111:2222::1', '  b'], 'no word is cut');
  t.strictSame(wrap('aaaaaaaa b', 3), ['aaaaaaaa', 'b'], 'not the first either');
  t.strictSame(
    wrap('a a aaaa aaaaaaaaaaaa a', 20, ' '.repeat(8)),
    ['a a aaaa', '        aaaaaaaaaaaa', '        a'],
    'the first line may break where the margin of the others ends',
  );
  t.strictSame(wrap('    aaaaaaaaaaaa b', 8, '  '), ['    aaaaaaaaaaaa', '  b'], 'not before its first word');
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 20, max: 100 }),
      fc.integer({ min: 0, max: 10 }),
      (words, width, indent) => {
        const lines = wrap(words.join(' '), width, ' '.repeat(indent));
        return (
          lines.map((line) => line.trim()).join(' ') === words.join(' ') &&
          lines.every((line) => line.length <= width || !line.trim().includes(' ')) &&
          lines.slice(1).every((line) => line.startsWith(' '.repeat(indent)))
        );
      },
    ),
    { numRuns: 2000 },
  );
});

t.test('nothing that a terminal would obey', async (t) => {
  t.equal(oneLine('a\x1b[31mb\r\n\tc\u202ed'), 'a [31mb c d');
  t.equal(printable('a\x1b[31mb\r\n\tc\u202ed'), 'a\ufffd[31mb\ufffd\n\tc\ufffdd');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const seen = printable(text);
      return seen.length === text.length && !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(seen + oneLine(text));
    }),
  );
});

t.test('table', async (t) => {
  t.equal(table(['A', 'LONG'], [['aaa', 'b']]), 'A    LONG\naaa  b\n');
  t.equal(
    table(['A', 'B', 'WHY'], [['a', 'one two', 'three four five six seven']], 30, [10, 4]),
    'A  B     WHY\na  one   three four five six\n   two   seven\n',
    'cells break at the limit of their column, the last at what is left',
  );
  t.equal(
    table(
      ['A', 'LONG'],
      [
        ['a'.repeat(30), 'bbbb cccc'],
        ['a', 'b'],
      ],
      40,
    ),
    `A     ${'a'.repeat(30)}\nLONG  bbbb cccc\n\nA     a\nLONG  b\n`,
    'where too little is left each row is a block',
  );
});

t.test('numbers and times', async (t) => {
  t.strictSame([counted(0, 'error'), counted(1, 'error'), counted(2, 'error')], ['0 errors', '1 error', '2 errors']);
  t.strictSame([850, 5_200, 59_999, 190_000, 7_500_000, 356_400_000].map(durationText), [
    '850ms',
    '5.2s',
    '59s',
    '3m10s',
    '2h5m',
    '4d3h',
  ]);
  const zone = process.env['TZ'];
  t.teardown(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });
  process.env['TZ'] = 'UTC';
  const now = Date.parse('2026-05-01T12:00:00Z');
  t.equal(shortTime('2026-05-01T11:22:33.456Z', now), '11:22:33Z');
  t.equal(shortTime('2026-04-20T11:22:33.456Z', now), '2026-04-20');

  process.env['TZ'] = 'Asia/Kolkata';
  t.equal(shortTime('2026-05-01T11:22:33.456Z', now), '16:52:33+05:30', 'as this host tells it');
  t.equal(
    localTimes('held until 2026-05-01T21:22:33.456Z, not 2026'),
    'held until 2026-05-02T02:52:33.456+05:30, not 2026',
  );
  process.env['TZ'] = 'America/New_York';
  t.equal(localTimes('2026-01-01T03:00:00.000Z'), '2025-12-31T22:00:00.000-05:00');
});

t.test('the first of many', async (t) => {
  t.equal(firstOf([], 3), '');
  t.equal(firstOf(['a', 'b', 'c'], 3), 'a, b, c');
  t.equal(firstOf(['a', 'b', 'c', 'd', 'e'], 3), 'a, b, c and 2 more');
});
