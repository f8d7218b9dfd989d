/** The runner itself: a scenario that goes wrong fails, where it does, in words an operator understands. */

import t from 'tap';
import { parseScenario, parseTime } from './parse.js';
import { runScenario } from './runner.js';

const WORLD = '# title\ngiven link mgmt0 up 10.255.0.2/24\nat 0s frr down\n';

t.test('each kind of expectation can fail', async (t) => {
  const wrong = [
    'withdrawn',
    'phase out',
    'phase in hold',
    'reason because',
    'waiting mgmt0',
    'backup default withdrawn',
    'backup default installed preempting',
    'lookup 8.8.8.8 originated -> nothing',
    'lookup 8.8.8.8 transit -> via 10.255.0.1 dev mgmt0',
    'life zebra responsive',
    'hold 6s',
    'interference 1 x',
    'fault x',
    'exited',
    'log nonsense',
    'rule 32766 lookup 99',
    'no rule 32766 lookup 25500',
    'no kernel change',
    'default via 10.255.0.9',
    'default via 10.255.0.1 metric 5',
    'no default via 10.255.0.1',
    '10.0.0.0/8 via 10.255.0.1',
  ];
  for (const expectation of wrong)
    t.match(await runScenario('x', `${WORLD}at 1s expect ${expectation}\n`), /^x:4: at 1\.000s expected /, expectation);
  t.equal(
    await runScenario(
      'x',
      `${WORLD}at 1s expect phase in down; expect default via 10.255.0.1 dev mgmt0 table 25500 proto 157 metric 0; expect no fault\n`,
    ),
    undefined,
  );
});

t.test('a failure shows the time, the expectation and the state', async (t) => {
  const failure = await runScenario('boot.scenario', `${WORLD}at 1.5s expect withdrawn\n`);
  t.match(failure, /^boot\.scenario:4: at 1\.500s expected withdrawn\n {2}but: /);
  t.match(failure, /phase in down: frr\/zebra is down/);
  t.match(failure, /default via 10\.255\.0\.1 dev mgmt0 table 25500 proto 157/);
});

t.test('a scenario that makes no sense is refused', async (t) => {
  for (const text of [
    'at 0s expect withdrawn',
    '# t\nat 1s frr eof',
    '# t\nat 1s expect withdrawn\nat 0s expect withdrawn',
    '# t\nfoo',
    '# t\nat 1s expect withdrawn\ngiven overflow',
  ]) {
    t.throws(() => parseScenario(text), SyntaxError, text);
  }
  for (const command of [
    'bgpd eof',
    'frr dance',
    'link nolink down',
    'no route 10.0.0.0/8 via 10.255.0.9',
    'rib forgets',
    'kernel panics',
    'agent start',
  ]) {
    await t.rejects(
      runScenario('x', `${WORLD}at 1s ${command}\nat 2s expect withdrawn`),
      { message: /^x:4: / },
      command,
    );
  }
  await t.rejects(runScenario('x', '# t\nconfig colour blue\nat 0s expect withdrawn'), SyntaxError);
});

t.test('times', async (t) => {
  t.equal(parseTime('1.5s'), 1500);
  t.equal(parseTime('200ms'), 200);
  t.equal(parseTime('2m'), 120_000);
  t.equal(parseTime('0'), 0);
  t.throws(() => parseTime('5'));
  t.strictSame(
    parseScenario('# t\nat 1s a\nat +500ms expect b').lines.map(({ at }) => at),
    [1000, 1500],
  );
});
