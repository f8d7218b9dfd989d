/** The parts of a destination: they are all of it, none twice, and each has one longest prefix. */

import fc from 'fast-check';
import t from 'tap';
import { dividing, longerIn, partsOf } from '../../../src/fib/parts.js';
import {
  containsPrefix,
  halvesOf,
  PART_BITS,
  type Prefix,
  parsePrefix,
  prefix,
  prefixText,
} from '../../../src/model/prefix.js';
import type { Route } from '../../../src/model/route.js';
import { families, prefixes } from '../core/fixture.js';

function p(text: string): Prefix {
  return parsePrefix(text)!;
}

function texts(destination: string, ...longer: readonly string[]): readonly string[] {
  return [...partsOf(p(destination), longer.map(p))].map(prefixText);
}

t.test('halves', async (t) => {
  t.same(halvesOf(p('10.0.0.0/8')).map(prefixText), ['10.0.0.0/9', '10.128.0.0/9']);
  t.same(halvesOf(p('0.0.0.0/0')).map(prefixText), ['0.0.0.0/1', '128.0.0.0/1']);
  t.same(halvesOf(p('10.0.0.0/31')).map(prefixText), ['10.0.0.0/32', '10.0.0.1/32']);
  t.same(halvesOf(p('2001:db8::/32')).map(prefixText), ['2001:db8::/33', '2001:db8:8000::/33']);
  t.same(halvesOf(p('::/127')).map(prefixText), ['::/128', '::1/128']);
  t.same([...halvesOf(p('::1/128')), ...halvesOf(p('10.0.0.1/32'))], []);
});

t.test('parts', async (t) => {
  t.same(texts('10.0.0.0/8'), ['10.0.0.0/8']);
  t.same(texts('10.0.0.0/8', '10.0.0.0/8'), ['10.0.0.0/8']);
  t.same(texts('10.0.0.0/8', '10.64.0.0/10'), ['10.0.0.0/10', '10.64.0.0/10', '10.128.0.0/9']);
  t.same(texts('0.0.0.0/0', '0.0.0.0/1'), ['0.0.0.0/1', '128.0.0.0/1']);
  t.same(texts('0.0.0.0/0', '128.0.0.0/2', '192.0.0.0/3'), ['0.0.0.0/1', '128.0.0.0/2', '192.0.0.0/3'], 'no multicast');
  t.notMatch(texts('0.0.0.0/0', '1.0.0.0/8', '126.0.0.0/8').join(' '), /\b(0|127)\.0\.0\.0\/8/);
  t.same(texts('::/0', '2000::/3'), ['2000::/3'], 'global addresses');
  t.same(texts('::/0', '2000::/4'), ['2000::/4', '3000::/4']);
  t.same(texts('fd00::/8', 'fd00::/9'), ['fd00::/9', 'fd80::/9']);

  fc.assert(
    fc.property(
      families.chain((family) => fc.tuple(prefixes(family), fc.array(prefixes(family), { maxLength: 8 }))),
      ([destination, others]) => {
        if (destination.length < 4) return;
        const longer = others.filter((one) => containsPrefix(destination, one));
        const parts = [...partsOf(destination, longer)];
        const size = parts.reduce((sum, { length }) => sum + (1n << BigInt(128 - length)), 0n);
        const apart = parts.every((one, i) => parts.every((other, j) => i === j || !containsPrefix(one, other)));
        const whole = parts.every((part) =>
          longer.every((one) => containsPrefix(one, part) || !containsPrefix(part, one)),
        );
        return (
          size === 1n << BigInt(128 - destination.length) &&
          apart &&
          whole &&
          parts.every((part) => containsPrefix(destination, part))
        );
      },
    ),
  );
});

t.test('longer prefixes of a destination', async (t) => {
  const route = (text: string): Route => ({ destination: p(text) }) as Route;
  const destinations = ['0.0.0.0/0', '10.0.0.0/8', '2001:db8::/32'].map(p);
  const { routes, rules } = dividing(destinations);
  const list = ['0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16', '10.1.0.0/16', '10.1.1.0/24', '2001:db8::/33'].map(route);
  const found = (text: string): readonly string[] => longerIn([routes(list), rules([])], p(text)).map(prefixText);
  t.same(found('0.0.0.0/0'), ['10.0.0.0/8'], `none more than ${PART_BITS} bits longer`);
  t.same(found('10.0.0.0/8'), ['10.1.0.0/16'], 'once');
  t.same(found('2001:db8::/32'), ['2001:db8::/33']);
  t.same(found('10.1.0.0/16'), [], 'no destination');
  t.equal(routes(list), routes(list), 'made once');
  const to = (text: string): never => ({ detail: { action: 'table', to: prefix(text, 16) } }) as never;
  t.same(longerIn([rules([to('10.9.0.0'), {} as never])], p('10.0.0.0/8')).map(prefixText), ['10.9.0.0/16']);
});

for (const [family, wide, narrow, inWide, alsoInWide, inNarrow, tooLong, beside] of [
  ['inet', '10.0.0.0/8', '10.1.0.0/16', '10.64.0.0/10', '10.0.0.0/10', '10.1.0.0/20', '10.1.0.0/25', '192.0.2.0/25'],
  ['inet6', 'fd00::/16', 'fd00:1::/32', 'fd00:8000::/17', 'fd00::/18', 'fd00:1::/40', 'fd00:1::/41', '2001:db8::/49'],
] as const)
  t.test(`${family}: what lies in a destination, of all destinations and lists at once`, async (t) => {
    const { routes, rules } = dividing([p(wide), p(narrow), p(family === 'inet' ? 'fd00::/16' : '10.0.0.0/8')]);
    const route = (destination: string): Route => ({ destination: p(destination) }) as Route;
    const first = routes([inWide, tooLong, beside, inWide, wide].map(route));
    const second = routes([inNarrow, narrow, alsoInWide].map(route));
    const found = (destination: string): readonly string[] =>
      longerIn([first, second, rules([])], p(destination)).map(prefixText);
    t.same(found(wide), family === 'inet' ? [inWide, narrow, alsoInWide] : [inWide, alsoInWide], 'each once');
    t.same(found(narrow), [inNarrow], 'not what is far longer');
    t.same(found(beside), []);
    t.same(longerIn([routes([]), rules([])], p(wide)), []);
  });
