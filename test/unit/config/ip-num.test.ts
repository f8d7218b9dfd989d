/**
 * Two parsers of prefixes, one verdict: the strict one of model/ against ip-num, but for ip-num's known laxness
 * (leading zeros of a length, zone ids, host bits).
 */

import fc from 'fast-check';
import { IPv4CidrRange, IPv6CidrRange } from 'ip-num';
import t from 'tap';
import { readPrefix } from '../../../src/config/prefix-text.js';
import { addressFromBytes, parseAddress } from '../../../src/model/address.js';
import { containsPrefix, parsePrefix, prefix, prefixText } from '../../../src/model/prefix.js';

type Range = IPv4CidrRange | IPv6CidrRange;

const range = (text: string): Range =>
  text.includes(':') ? IPv6CidrRange.fromCidr(text) : IPv4CidrRange.fromCidr(text);

/** The prefix as ip-num reads it, in our spelling; undefined where it refuses or is known to be lax. */
function byIpNum(text: string): string | undefined {
  if (text.includes('%') || /\/0\d/.test(text)) return undefined;
  let parsed: Range;
  try {
    parsed = range(text);
  } catch {
    return undefined;
  }
  const first = parseAddress(parsed.getFirst().toString());
  const own = parseAddress(text.split('/')[0]!);
  return first !== undefined && first === own ? `${first}/${text.split('/')[1]!}` : undefined;
}

const inet = fc.tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(32));
const inet6 = fc.tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(128));
const anyPrefix = fc.oneof(inet, inet6).map(([bytes, length]) => ({ address: addressFromBytes(bytes), length }));

t.test('every prefix, with and without host bits', async (t) => {
  fc.assert(
    fc.property(anyPrefix, fc.boolean(), ({ address, length }, masked) => {
      const text = masked ? prefixText(prefix(address, length)) : `${address}/${length}`;
      const ours = parsePrefix(text);
      t.equal(ours === undefined ? undefined : prefixText(ours), byIpNum(text), text);
    }),
    { numRuns: 500 },
  );
});

t.test('text that is nearly one', async (t) => {
  const digits = fc.stringMatching(/^[0-9]{1,3}$/);
  const nearly = fc
    .tuple(fc.array(digits, { minLength: 3, maxLength: 5 }), fc.stringMatching(/^[0-9]{1,3}$/))
    .map(([octets, length]) => `${octets.join('.')}/${length}`);
  fc.assert(
    fc.property(nearly, (text) => {
      const ours = parsePrefix(text);
      // Where ours accepts, ip-num must too; ip-num's refusals bind us.
      if (ours !== undefined) t.equal(byIpNum(text), prefixText(ours), text);
      else t.equal(byIpNum(text), undefined, text);
    }),
    { numRuns: 500 },
  );
});

t.test('containment', async (t) => {
  fc.assert(
    fc.property(inet, inet, ([a, la], [b, lb]) => {
      const outer = prefix(addressFromBytes(a), la % 12);
      const inner = prefix(addressFromBytes(b), lb);
      t.equal(
        containsPrefix(outer, inner),
        IPv4CidrRange.fromCidr(prefixText(outer)).isEquals(IPv4CidrRange.fromCidr(prefixText(inner))) ||
          IPv4CidrRange.fromCidr(prefixText(outer)).contains(IPv4CidrRange.fromCidr(prefixText(inner))),
      );
    }),
    { numRuns: 200 },
  );
});

t.test(
  'host bits: the first neighbour is the prefix around the address, the second starts where it ends',
  async (t) => {
    fc.assert(
      fc.property(anyPrefix, ({ address, length }) => {
        const result = readPrefix(`${address}/${length}`);
        if (result.ok || result.fault.code !== 'host-bits') return;
        const [around, next] = [...result.fault.suggestion.matchAll(/[0-9a-f:.]+\/\d+/g)].map((match) => match[0]);
        t.equal(around, prefixText(prefix(address, length)));
        if (next === undefined) return;
        t.not(parsePrefix(next), undefined, 'has no host bits itself');
        const end = range(around!).getLast().getValue();
        t.equal(range(next).getFirst().getValue(), end + 1n);
      }),
      { numRuns: 300 },
    );
  },
);
