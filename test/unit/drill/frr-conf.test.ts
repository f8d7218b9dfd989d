/** The configuration text of laboratory routers; that FRR takes it is shown in test/netns/lab.test.ts. */

import t from 'tap';
import { bgpConfig } from '../../../src/drill/lab/frr-conf.js';
import { staticConfig } from '../../lab/standard-frr.js';

t.test('each neighbour and network goes to the family of its address', async (t) => {
  const text = bgpConfig({
    asn: 65001,
    routerId: '10.1.0.1',
    neighbours: [
      { address: '10.1.0.2', asn: 65002, defaultOriginate: true },
      { address: '2001:db8:1::2', asn: 65002 },
    ],
    networks: ['10.0.0.0/8', '2001:db8::/32'],
    redistribute: ['kernel'],
  });
  const [, inet, inet6] = text.split(/address-family ipv[46] unicast\n/);
  t.match(
    inet,
    /network 10\.0\.0\.0\/8\n[\s\S]*redistribute kernel\n[\s\S]*10\.1\.0\.2 activate\n[\s\S]*10\.1\.0\.2 default-originate/,
  );
  t.notMatch(inet, /2001:db8/);
  t.match(inet6, /network 2001:db8::\/32\n[\s\S]*redistribute kernel\n[\s\S]*2001:db8:1::2 activate/);
  t.notMatch(inet6, /default-originate|10\./);
});

t.test('static routes of both families', async (t) => {
  t.equal(
    staticConfig([
      { prefix: '203.0.113.0/24', gateway: '10.1.0.1' },
      { prefix: '2001:db8:5::/48', gateway: '2001:db8:1::1' },
    ]),
    'ip route 203.0.113.0/24 10.1.0.1\nipv6 route 2001:db8:5::/48 2001:db8:1::1',
  );
});
