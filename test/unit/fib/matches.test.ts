/** Which packets a rule takes, selector by selector: `yes`, `no`, or `depends` where packets of one destination differ. */

import t from 'tap';
import { matches } from '../../../src/fib/matches.js';
import { ANY, type Packet } from '../../../src/fib/packet.js';
import { parsePrefix } from '../../../src/model/prefix.js';
import type { RuleDetail } from '../../../src/model/rule-detail.js';
import { ruleOf } from './rule.js';

const p = (text: string) => parsePrefix(text)!;
const PACKET: Packet = { destination: p('10.1.2.3/32') };
const VRF = { name: 'blue', index: 9, table: 100 };

type Row = readonly [detail: Partial<RuleDetail>, packet: Partial<Packet>, answer: 'yes' | 'no' | 'depends'];

const IN_SIX = { destination: p('2001:db8::1/128') };
const ROWS: readonly Row[] = [
  [{}, {}, 'yes'],
  [{ unknown: ['attribute 99'] }, {}, 'depends'],
  [{ unknown: ['attribute 99'], mark: { value: 1, mask: 255 } }, {}, 'no'],
  [{ to: p('10.0.0.0/8') }, {}, 'yes'],
  [{ to: p('10.1.2.3/32') }, {}, 'yes'],
  [{ to: p('11.0.0.0/8') }, {}, 'no'],
  [{ to: p('10.1.2.3/32') }, { destination: p('10.0.0.0/8') }, 'no'],
  [{ from: p('10.9.0.0/16') }, { source: '10.9.0.1' }, 'yes'],
  [{ from: p('10.9.0.0/16') }, { source: '10.8.0.1' }, 'no'],
  [{ from: p('10.9.0.0/16') }, { source: ANY }, 'depends'],
  [{ from: p('10.9.0.0/16') }, {}, 'no'],
  [{ from: p('0.0.0.0/8') }, {}, 'yes'],
  [{ from: p('0.0.0.0/0') }, { source: ANY }, 'yes'],
  [{ from: p('::/8') }, IN_SIX, 'no'],
  [{ outputInterface: 'eth0' }, {}, 'no'],
  [{ outputInterface: 'eth0' }, { outputInterface: { index: 2, name: 'eth0' } }, 'yes'],
  [{ outputInterface: 'eth0' }, { outputInterface: { index: 2, name: 'eth1' } }, 'no'],
  [{ outputInterface: 'blue' }, { vrf: VRF }, 'yes'],
  [{ mark: { value: 1, mask: 255 } }, {}, 'no'],
  [{ mark: { value: 0, mask: 255 } }, {}, 'yes'],
  [{ mark: { value: 1, mask: 255 } }, { mark: 0x101 }, 'yes'],
  [{ mark: { value: 1, mask: 255 } }, { mark: ANY }, 'depends'],
  [{ mark: { value: 1, mask: 0 } }, { mark: ANY }, 'yes'],
  [{ tunnel: true }, {}, 'no'],
  [{ tunnel: true }, { tunnel: ANY }, 'depends'],
  [{ l3mdev: true }, {}, 'no'],
  [{ l3mdev: true }, { vrf: VRF }, 'yes'],
  [{ users: { first: 0, last: 0 } }, {}, 'yes'],
  [{ users: { first: 1, last: 9 } }, {}, 'no'],
  [{ users: { first: 1, last: 9 } }, { user: 1 }, 'yes'],
  [{ users: { first: 1, last: 9 } }, { user: 9 }, 'yes'],
  [{ users: { first: 1, last: 9 } }, { user: 10 }, 'no'],
  [{ users: { first: 1, last: 9 } }, { user: ANY }, 'depends'],
  [{ tos: 0x10 }, {}, 'no'],
  [{ tos: 0 }, {}, 'yes'],
  [{ tos: 0x10 }, { tos: 0xf3 }, 'yes'],
  [{ tos: 0x10 }, { tos: ANY }, 'depends'],
  [{ dscp: { value: 4, mask: 63 } }, { tos: 0x10 }, 'yes'],
  [{ dscp: { value: 4, mask: 63 } }, {}, 'no'],
  [{ dscp: { value: 4, mask: 63 } }, { tos: ANY }, 'depends'],
  [{ flowLabel: { value: 7, mask: 0xfffff } }, { flowLabel: 7 }, 'yes'],
  [{ flowLabel: { value: 7, mask: 0xfffff } }, { flowLabel: 8 }, 'no'],
  [{ ipProtocol: 6 }, {}, 'no'],
  [{ ipProtocol: 6 }, { ipProtocol: 6 }, 'yes'],
  [{ ipProtocol: 6 }, { ipProtocol: ANY }, 'depends'],
  [{ sourcePorts: { first: 10, last: 20 } }, { sourcePort: 10 }, 'yes'],
  [{ sourcePorts: { first: 10, last: 20 } }, { sourcePort: 21 }, 'no'],
  [{ sourcePorts: { first: 10, last: 20 } }, {}, 'no'],
  [{ destinationPorts: { first: 0, last: 20 } }, {}, 'yes'],
  [{ destinationPorts: { first: 10, last: 20 } }, { destinationPort: ANY }, 'depends'],
  [{ destinationPorts: { first: 0x10, last: 0x10, mask: 0xf0 } }, { destinationPort: 0x1f }, 'yes'],
  [{ destinationPorts: { first: 0x10, last: 0x10, mask: 0xf0 } }, { destinationPort: 0x2f }, 'no'],
  // One `no` decides, whatever depends.
  [{ ipProtocol: 6, users: { first: 1, last: 9 } }, { ipProtocol: ANY }, 'no'],
  [{ ipProtocol: 6, to: p('11.0.0.0/8') }, { ipProtocol: ANY }, 'no'],
];
const INVERSE = { yes: 'no', no: 'yes', depends: 'depends' } as const;

t.test('each selector, and its inverse', (t) => {
  for (const [detail, change, answer] of ROWS) {
    const packet = { ...PACKET, ...change };
    const what = `${JSON.stringify(detail)} ${JSON.stringify(change)}`;
    t.equal(matches(ruleOf(detail), packet), answer, what);
    t.equal(matches(ruleOf({ ...detail, inverted: true }), packet), INVERSE[answer], `not ${what}`);
  }
  t.equal(matches(ruleOf({ tos: 0xe0 }, { family: 'inet6' }), { ...PACKET, tos: 0xe3 }), 'yes', 'all six bits in IPv6');
  t.end();
});

t.test('a rule without details, and the device that a packet comes in by', (t) => {
  t.equal(matches(ruleOf(undefined), PACKET), 'yes');
  t.equal(matches(ruleOf(undefined, { foreign: true }), PACKET), 'depends', 'it has something that is not known');
  for (const detail of [undefined, {}]) {
    const by = (name: string, packet: Packet): unknown => matches(ruleOf(detail, { inputInterface: name }), packet);
    t.equal(by('lo', PACKET), 'yes');
    t.equal(by('lo', { ...PACKET, noInput: true }), 'no');
    t.equal(by('eth0', PACKET), 'no');
    t.equal(by('blue', { ...PACKET, vrf: VRF }), 'depends', 'by the release of the kernel');
    t.equal(by('red', { ...PACKET, vrf: VRF }), 'no');
  }
  const both = ruleOf({ from: p('10.9.0.0/16') }, { inputInterface: 'blue' });
  t.equal(matches(both, { ...PACKET, vrf: VRF, source: '10.9.0.1' }), 'depends');
  t.equal(matches(both, { ...PACKET, vrf: VRF, source: '10.8.0.1' }), 'no');
  t.end();
});
