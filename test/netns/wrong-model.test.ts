/**
 * A deliberately wrong model in the real agent, with the real kernel: the judge reports every
 * destination as covered while nothing carries it. The routes leave, the kernel is asked, and they
 * are back at once. The disagreement is reported.
 *
 * The fault exists in this test only: the agent is started from its compiled modules, and one of
 * them is replaced as Node loads it (module.registerHooks). The installed program is not affected.
 */

import { writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import t from 'tap';
import { eventually } from '../../src/drill/lab/wait.js';
import { agentIn, configText, expected, laboratory, owned, statusOf, turned } from './agent-support.js';
import { examine } from './doctor-support.js';

/** Every destination is carried by a route of data0, which is not there. */
const LIAR = `
import { registerHooks } from 'node:module';
const lie = \`
export function covered(view, destination, vrf) {
  const honest = truthful(view, destination, vrf);
  if (honest.kind === 'carried') return honest;
  const { index: interfaceIndex } = view.links.find(({ name }) => name === 'data0');
  const nexthops = [{ gateway: undefined, interfaceIndex, dead: false }];
  const route = { family: destination.family, type: 'unicast', destination, table: 254, metric: 1, protocol: 4, tos: 0, nexthops };
  return { kind: 'carried', route, rule: view.rules[0], nexthops, until: undefined };
}\`;
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith('/fib/destination.js')) return loaded;
    const source = String(loaded.source).replace('export function covered(', 'function truthful(');
    return { ...loaded, source: source + lie };
  },
});
`;
const MODULES = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

const skip = 'registerHooks' in nodeModule ? false : 'Node 22.15 or later is needed to replace a module';

t.test('what the judge swears is covered, and the kernel does not carry', { skip }, async (t) => {
  const std = laboratory(t);
  const liar = join(std.lab.directory, 'liar.mjs');
  writeFileSync(liar, LIAR);
  const well = { exec: { command: ['/bin/true'], interval: '1s', timeout: '500ms' } };
  const config = configText({ hold: '1s', more: { 'routing-daemon': [well] } });
  const agent = agentIn(std, config, {
    entry: MODULES,
    env: { NODE_OPTIONS: `--import=${pathToFileURL(liar).href}` },
  });
  await turned(agent, 'out');
  const outMs = performance.now();
  await agent.waitForLog(/routes phase=in .*does not carry/);
  await eventually(() => owned(std.router).join('\n') === expected().join('\n'), {
    what: 'all of ours',
    intervalMs: 5,
  });
  const tookMs = Math.round(performance.now() - outMs);
  t.comment(`MEASURED out for ${tookMs} ms by a wrong model`);
  t.ok(tookMs < 10_000, 'out by the lie, and in at once by the word of the kernel');

  const status = await statusOf(agent);
  t.equal(status.routes.cause, 'disagreement');
  t.match(status.disagreements, [{ destination: '0.0.0.0/0' }, { destination: '::/0' }]);
  const told = await agent.cli('status');
  t.match(told.stdout, /THE KERNEL DISAGREES/);
  t.equal(told.status, 1);
  const events = (await agent.cli('events')).stdout;
  t.match(events, /::\/0 counts as covered by default dev data0 .* but the kernel says unreachable/);
  t.match((await examine(std, agent)).of('model-disagrees'), [{ severity: 'error' }]);
  await agent.stop();
});
