/** A verdict is `ok` only where it was looked at: each way in which the look of a check can fail makes it `unknown`. */

import t from 'tap';
import { CATALOGUE } from '../../../src/doctor/catalogue.js';
import { BLINDNESS, both, OF_THE_INTERFACE, WAYS, type WayName } from './blindness.js';
import { judge, link } from './fixture.js';

const CODES = CATALOGUE.flatMap(({ checks }) => checks.map(({ code }) => code));

t.test('every check says how its look can fail, or why it cannot', async (t) => {
  t.strictSame(Object.keys(BLINDNESS).sort(), [...CODES].sort());
  const used = new Set(Object.values(BLINDNESS).flatMap((one) => (typeof one === 'string' ? [] : one.ways)));
  t.strictSame(
    Object.keys(WAYS).filter((name) => !used.has(name as WayName)),
    [],
    'and every way concerns a check',
  );
});

for (const [code, blindness] of Object.entries(BLINDNESS)) {
  if (typeof blindness === 'string') continue;
  t.test(code, async (t) => {
    for (const way of blindness.ways) {
      const outcome = judge(code, both(blindness.on ?? {}, WAYS[way]));
      if (outcome === 'not-applicable' || outcome.length === 0) t.fail(`${way}: ${JSON.stringify(outcome)}`);
      else
        for (const { severity, message } of outcome) {
          t.equal(severity, 'unknown', `${way}: ${message}`);
          t.match(message, /^could not look: ./, 'and says why');
        }
    }
  });
}

t.test('where the interface is missing, or down, nothing on it is ok', async (t) => {
  for (const code of OF_THE_INTERFACE) {
    const { on = {} } = BLINDNESS[code] as { on?: object };
    const outcome = judge(code, { ...on, links: [link('lo', 1)] });
    t.equal(outcome, 'not-applicable', `${code}: ${JSON.stringify(outcome)}`);
  }
  for (const code of ['interface-no-carrier', 'interface-no-address', 'gateway-off-link', 'gateway-dead'])
    t.equal(judge(code, { links: [link('lo', 1), link('mgmt0', 2, { up: false })] }), 'not-applicable', code);
  t.equal(judge('gateway-dead', { links: [link('lo', 1), link('mgmt0', 2, { carrier: false })] }), 'not-applicable');
});
