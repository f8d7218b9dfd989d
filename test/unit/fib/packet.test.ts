/** What is known of the packets that are asked about, and what differs from one to the next. */

import t from 'tap';
import { ANY, ordinary, ordinaryFrom, plain } from '../../../src/fib/packet.js';
import type { Vrf } from '../../../src/model/link.js';
import { type Prefix, parsePrefix } from '../../../src/model/prefix.js';

const p = (text: string): Prefix => parsePrefix(text)!;
const VRF: Vrf = { name: 'mgmt', index: 7, table: 1001 };
/** No mark, no tos, bound to nothing: these fields are absent. */
const OF_ALL_KINDS = { source: ANY, user: ANY, ipProtocol: ANY, sourcePort: ANY, destinationPort: ANY };

for (const destination of [p('198.51.100.0/24'), p('2001:db8::/32')]) {
  const { family } = destination;

  t.test(`${family}: ordinary packets are of any source, user, protocol and port`, async (t) => {
    t.strictSame(ordinary(destination), { destination, ...OF_ALL_KINDS });
    t.strictSame(ordinary(destination, VRF), { destination, ...OF_ALL_KINDS, vrf: VRF });
  });

  t.test(`${family}: those from one address differ in nothing else`, async (t) => {
    const source = family === 'inet' ? '192.0.2.7' : '2001:db8::7';
    t.strictSame(ordinaryFrom(source, destination), { ...ordinary(destination), source });
  });

  t.test(`${family}: the packet that the kernel is asked about is of user 0, without a source yet`, async (t) => {
    const one = { destination, ...(family === 'inet' ? { ipProtocol: 17 } : {}) };
    t.strictSame(plain(destination), one);
    t.strictSame(plain(destination, VRF), { ...one, vrf: VRF });
  });
}
