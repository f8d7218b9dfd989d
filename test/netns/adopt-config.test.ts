/**
 * `address: auto` and `adopt` as in adopt.test.ts, with the real agent: its configuration file,
 * SIGHUP, and the text of `status`.
 */

import t from 'tap';
import { startAgent } from '../../src/drill/lab/agent.js';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Status } from '../../src/model/status.js';
import { ownRoutes } from '../lab/inspect.js';
import { STANDARD, standardLab } from '../lab/standard.js';
import { prepareRouterFrr, startPeerFrr } from '../lab/standard-frr.js';

t.setTimeout(400_000);

t.test('containerlab, with a file', async (t) => {
  const standard = standardLab();
  t.teardown(() => standard.close());
  const { router, lab } = standard;
  await startPeerFrr(standard);
  const frr = prepareRouterFrr(standard);
  router.ip(`route add default via ${STANDARD.inet.gateway} dev mgmt0`);
  await frr.start();
  const defaults = (): string => router.run(['ip', '-d', 'route', 'show', 'default']);
  const before = router.run(['ip', '-d', 'route', 'show', 'default', 'proto', 'boot']);
  const configText = (adopt: boolean): string =>
    [
      'management-interface: mgmt0',
      `backup-router: {address: auto, adopt: ${adopt}}`,
      `routing-daemon: {frr: {daemons: [zebra, bgpd], socket-directory: ${frr.directory}}}`,
      'withdraw: {hold-time: 500ms, convergence-timeout: never}',
    ].join('\n');

  const agent = startAgent(lab, router, { configText: configText(true) });
  await eventually(async () => (await agent.status<Status>()).routes.phase === 'out' && /proto bgp/.test(defaults()), {
    timeoutMs: 20_000,
    what: 'FRR carries it',
  });
  t.notMatch(defaults(), /dev mgmt0/);
  t.match(
    (await agent.cli('status')).stdout,
    /^adopted {10}default via 10\.255\.0\.1 dev mgmt0 proto boot: taken over, given back on stop$/m,
  );
  t.match(await agent.cli('restore'), { status: 1, stderr: /the agent runs/ });

  agent.configure(configText(false));
  agent.signal('SIGHUP');
  await eventually(() => /dev mgmt0/.test(defaults()), { what: 'a reload that no longer adopts gives back' });
  agent.configure(configText(true));
  agent.signal('SIGHUP');
  await eventually(() => /proto bgp/.test(defaults()) && !/dev mgmt0/.test(defaults()), {
    timeoutMs: 20_000,
    what: 'taken over again',
  });

  t.match(await agent.stop(), { status: 0 });
  t.equal(router.run(['ip', '-d', 'route', 'show', 'default', 'proto', 'boot']), before);

  const dry = startAgent(lab, router, { configText: configText(true), args: ['--dry-run'] });
  await dry.waitForLog(/^ip route del default via 10\.255\.0\.1 dev mgmt0/, 15_000);
  t.match(defaults(), /dev mgmt0/, 'a dry run says so and does nothing');
  await dry.stop();
  await frr.kill();
  t.same(
    ownRoutes(router, 'inet').filter((route) => route.table === 254),
    [],
  );
});

t.test('the gateway is remembered when the default route has gone before the next start', async (t) => {
  const standard = standardLab();
  t.teardown(() => standard.close());
  const { router, lab } = standard;
  router.ip(`route add default via ${STANDARD.inet.gateway} dev mgmt0 proto dhcp src ${STANDARD.inet.mgmt}`);
  const configText = [
    'management-interface: mgmt0',
    'backup-router: {address: auto}',
    `routing-daemon: {frr: {daemons: [zebra], socket-directory: ${lab.directory}}}`,
    'on-stop: withdraw',
  ].join('\n');
  const gone = startAgent(lab, router, { configText });
  const ours = (): readonly string[] => ownRoutes(router, 'inet').map(({ gateway }) => gateway ?? '');
  await eventually(() => ours().includes(STANDARD.inet.gateway), { timeoutMs: 15_000, what: 'in' });
  await gone.stop();
  router.ip('route del default');
  t.same(ours(), []);
  const plan = await gone.cli('plan', '-c', gone.configFile);
  t.match(
    plan.stdout,
    new RegExp(`^ip route add default via ${STANDARD.inet.gateway} dev mgmt0`, 'm'),
    'plan knows it',
  );

  const agent = startAgent(lab, router, { configText, directory: gone.directory });
  await eventually(() => ours().includes(STANDARD.inet.gateway), { timeoutMs: 15_000, what: 'in again' });
  const { stdout } = await agent.cli('status');
  t.match(stdout, /^backup routes {4}IN for/m);
  t.match(stdout.replace(/\s+/g, ' '), /its inet default route is gone; \S+, remembered from an earlier run, is used/);
  await agent.stop();
  t.match(await agent.cli('flush', '--force'), { status: 0 });
  t.match(
    (await agent.cli('plan', '-c', agent.configFile)).stdout,
    /no inet default route on mgmt0/,
    'flush forgets it',
  );
});
