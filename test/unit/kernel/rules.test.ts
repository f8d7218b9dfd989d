/** The memory of rules: the same bytes are the same value, the same dump the same list, and no two rules of a list are one value. */

import t from 'tap';
import { writeAddRule } from '../../../src/kernel/messages/rule.js';
import { alone } from '../../../src/kernel/netlink/codec.js';
import type { Connection, DumpDecoder } from '../../../src/kernel/netlink/connection.js';
import { RTM_NEWRULE } from '../../../src/kernel/netlink/uapi.js';
import { dumpRules } from '../../../src/kernel/rules.js';
import type { Rule } from '../../../src/model/route.js';

function rule(priority: number, table: number): Rule {
  return {
    family: 'inet',
    priority,
    table,
    suppressPrefixLength: undefined,
    inputInterface: undefined,
    protocol: 3,
    foreign: false,
  };
}

/** A connection whose next dump yields these rules; the header of its messages has the number of the request. */
function kernel(): { readonly connection: Connection; rules: readonly Rule[] } {
  let sequence = 0;
  const fake = {
    rules: [] as readonly Rule[],
    connection: {
      dump: async <T>(_: Buffer, decode: DumpDecoder<T>): Promise<readonly T[]> => {
        sequence++;
        const said = (one: Rule): readonly T[] => {
          const bytes = alone((writer) => writeAddRule(writer, one));
          bytes.writeUInt32LE(sequence, 8);
          const item = decode(bytes, 0, bytes.length, RTM_NEWRULE);
          return item === undefined ? [] : [item];
        };
        // Torn in the middle, and asked again.
        if (sequence % 2 === 0) fake.rules.slice(1).forEach(said);
        sequence++;
        return fake.rules.flatMap(said);
      },
    } as unknown as Connection,
  };
  return fake;
}

t.test('what has not changed is the same value', async (t) => {
  const fake = kernel();
  fake.rules = [rule(1, 100), rule(2, 100), rule(3, 100)];
  const first = await dumpRules(fake.connection);
  t.same(first, fake.rules);
  t.equal(await dumpRules(fake.connection), first, 'the same list');

  fake.rules = [rule(1, 100), rule(2, 101), rule(3, 100)];
  const second = await dumpRules(fake.connection);
  t.same(second, fake.rules);
  t.equal(second[0], first[0]);
  t.not(second[1], first[1]);
  t.equal(second[2], first[2]);

  fake.rules = [rule(3, 100), rule(1, 100)];
  const third = await dumpRules(fake.connection);
  t.same(third, fake.rules, 'one has gone, and the order is another');
  t.equal(third[0], first[2]);
});

t.test('the same rule twice is two values', async (t) => {
  const fake = kernel();
  fake.rules = [rule(1, 100), rule(1, 100)];
  for (let i = 0; i < 2; i++) {
    const list = await dumpRules(fake.connection);
    t.same(list, fake.rules);
    t.not(list[0], list[1]);
  }
});
