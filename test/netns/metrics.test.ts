/**
 * The metrics as monitoring reads them: a real agent beside a real zebra, the textfile collector
 * of Debian's node_exporter over a symbolic link, Debian's Prometheus with our alerts and every
 * query of our dashboard, and HTTP where it is configured.
 */

import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import { command, tryCommand } from '../../src/drill/lab/command.js';
import type { Process } from '../../src/drill/lab/process.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { METRICS, PREFIX } from '../../src/metrics/table.js';
import { agentIn, GATEWAY, laboratory, mark, turned, zebraOnly } from './agent-support.js';
import { missing, NODE_EXPORTER, PROMETHEUS, PROMTOOL } from './metrics/tools.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CLI = join(ROOT, 'dist/bin/backup-router.cjs');
const ALERTS = join(ROOT, 'docs/examples/prometheus-alerts.yml');

/** Metrics without a series here: nothing was refused, and nothing is asked of replies. */
const ABSENT = ['route_refusals_total', 'symmetric_replies'];

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

/** The value of a series of an exposition; undefined: it is not there. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${PREFIX}${series} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

function file(agent: Agent): string {
  return readFileSync(join(agent.directory, 'run', 'metrics.prom'), 'utf8');
}

function fileWhere(agent: Agent, series: string, value: number): Promise<string> {
  return eventually(() => (valueOf(file(agent), series) === value ? file(agent) : undefined), {
    what: `${series} ${value} in the file`,
    timeoutMs: 20_000,
  });
}

t.test('the rules are rules, and alert when they should', { skip: missing }, async (t) => {
  for (const args of [
    ['check', 'rules', ALERTS],
    ['test', 'rules', join(ROOT, 'test/netns/metrics/alerts.yml')],
  ]) {
    const { status, stdout, stderr } = tryCommand([PROMTOOL, ...args]);
    t.equal(status, 0, `promtool ${args.slice(0, 2).join(' ')}`) || t.comment(stdout, stderr);
  }
});

t.test('from the agent to Prometheus', { skip: missing }, async (t) => {
  const std = laboratory(t);
  const frr = zebraOnly(std);
  await frr.start();
  const agent = agentIn(std, { frr, daemons: ['zebra'], convergence: 0 });
  await turned(agent, 'out');
  const spawned: Process[] = [];
  t.teardown(() => Promise.all(spawned.map((one) => one.close())));
  const spawn = (argv: readonly string[]): Process => {
    const one = agent.namespace.spawn(argv, { closeSignal: 'SIGKILL' });
    spawned.push(one);
    return one;
  };
  const get = (url: string): string => agent.namespace.tryRun(['curl', '-sS', '--max-time', '5', url]).stdout;

  const outside = await fileWhere(agent, 'routes_in', 0);
  t.equal(statSync(join(agent.directory, 'run', 'metrics.prom')).mode & 0o777, 0o644, 'everybody may read it');
  t.equal(valueOf(outside, 'phase{phase="out"}'), 1);
  t.equal(valueOf(outside, 'destinations{state="withdrawn"}'), 2);
  t.equal(valueOf(outside, 'daemon_state{daemon="frr/zebra",state="responsive"}'), 1);

  const textfiles = join(std.lab.directory, 'textfiles');
  mkdirSync(textfiles);
  symlinkSync(join(agent.directory, 'run', 'metrics.prom'), join(textfiles, 'backup-router.prom'));
  spawn([
    NODE_EXPORTER,
    '--web.listen-address=127.0.0.1:9100',
    '--collector.disable-defaults',
    '--collector.textfile',
    `--collector.textfile.directory=${textfiles}`,
  ]);
  const configuration = join(std.lab.directory, 'prometheus.yml');
  writeFileSync(
    configuration,
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [ALERTS],
      scrape_configs: [{ job_name: 'node', static_configs: [{ targets: ['127.0.0.1:9100'] }] }],
    }),
  );
  spawn([
    PROMETHEUS,
    `--config.file=${configuration}`,
    `--storage.tsdb.path=${join(std.lab.directory, 'tsdb')}`,
    '--web.listen-address=127.0.0.1:9090',
    '--log.level=error',
  ]);

  const from = mark(agent);
  await frr.kill('zebra');
  await turned(agent, 'in', from);
  const inside = await fileWhere(agent, 'routes_in', 1);
  t.equal(valueOf(inside, 'destinations{state="installed"}'), 2);
  t.equal(valueOf(inside, 'cause{cause="down"}'), 1);
  t.ok(valueOf(inside, 'outage_start_timestamp_seconds')! > Date.now() / 1000 - 60);
  await frr.start();
  await turned(agent, 'out', from);
  const after = await fileWhere(agent, 'routes_in', 0);
  t.equal(valueOf(after, 'daemon_deaths_total{daemon="frr/zebra",how="death"}'), 1);
  t.equal(valueOf(after, 'outages_total{cause="death"}'), 1);
  const bridged = 1 + (valueOf(outside, 'bridged_seconds_count') ?? 0);
  t.equal(valueOf(after, 'bridged_seconds_count'), bridged, 'one more than at the start');
  t.equal(valueOf(after, 'outage_start_timestamp_seconds'), 0);
  for (const [family, gateway] of Object.entries(GATEWAY))
    await fileWhere(agent, `gateway_up{interface="mgmt0",gateway="${gateway}",family="${family}"}`, 1);
  const { stdout } = await agent.cli('metrics');
  for (const text of [stdout, file(agent)])
    t.same(tryCommand([PROMTOOL, 'check', 'metrics'], { input: text }), { status: 0, stdout: '', stderr: '' }, 'lint');
  for (const name of Object.keys(METRICS))
    if (!ABSENT.includes(name))
      t.match(stdout, new RegExp(`^${PREFIX}${name}[{_ ]`, 'm'), `${name} is there, in a network that is well`);

  const exported = await eventually(
    () => {
      const text = get('http://127.0.0.1:9100/metrics');
      return valueOf(text, 'routes_in') === 0 && valueOf(text, 'bridged_seconds_count') === bridged ? text : undefined;
    },
    { what: 'node_exporter has it', timeoutMs: 20_000 },
  );
  t.match(exported, /^node_textfile_scrape_error 0$/m, 'and refuses nothing');
  const series = (text: string): readonly string[] =>
    text.split('\n').flatMap((line) => {
      const [, name, labels = ''] = /^(backup_router_\w+)(?:\{(.*)\})? /.exec(line) ?? [];
      return name === undefined ? [] : [`${name} ${labels.split(',').sort().join()}`];
    });
  t.strictSame(series(exported).toSorted(), series(file(agent)).toSorted(), 'every series');

  await t.test('every query of the dashboard', async (t) => {
    const text = readFileSync(join(ROOT, 'docs/examples/grafana-dashboard.json'), 'utf8');
    const { panels, annotations } = JSON.parse(text) as Dashboard;
    const queries = [...panels.flatMap(({ targets }) => targets), ...annotations.list].map(({ expr }) => expr);
    const answer = (query: string): readonly unknown[] => {
      const asked = agent.namespace.run([PROMTOOL, 'query', 'instant', '-o', 'json', 'http://127.0.0.1:9090', query]);
      return JSON.parse(asked) as readonly unknown[];
    };
    await eventually(() => answer('count_over_time(backup_router_up[1m]) > 3').length > 0, {
      what: 'some scrapes',
      timeoutMs: 20_000,
    });
    for (const query of queries) {
      const found = (): number =>
        answer(query.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*')).length;
      if (/route_refusals_total|symmetric_replies|changes\(|router_cause/.test(query)) found();
      // A scrape that took longer than its second leaves no series until the next one.
      else t.ok(await eventually(() => found() > 0, { what: query, timeoutMs: 20_000 }), query);
    }
    for (const name of Object.keys(METRICS))
      t.match(text, new RegExp(`${PREFIX}${name}(_bucket)?\\b`), `the dashboard shows ${name}`);
  });
  t.same(
    JSON.parse(get('http://127.0.0.1:9090/api/v1/rules')).data.groups[0].rules.map(
      ({ name, health }: { name: string; health: string }) => `${name} ${health}`,
    ),
    [...readFileSync(ALERTS, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name]) => `${name} ok`),
    'Prometheus evaluates every alert',
  );

  await t.test('over HTTP, where it is asked for', async (t) => {
    const socket = join(std.lab.directory, 'metrics.sock');
    const environment = [
      'env',
      '-i',
      `PATH=${process.env['PATH']}`,
      `RUNTIME_DIRECTORY=${join(agent.directory, 'run')}`,
    ];
    for (const where of ['127.0.0.1:9787', '[::1]:9787', socket])
      spawn([...environment, process.execPath, CLI, 'metrics', '--listen', where]);
    for (const base of ['http://127.0.0.1:9787', 'http://[::1]:9787']) {
      await eventually(() => get(`${base}/metrics`).includes(`${PREFIX}up 1`), { what: base, timeoutMs: 20_000 });
      t.match(
        agent.namespace.run(['curl', '-sSD', '-', '-o', '/dev/null', `${base}/metrics`]),
        /text\/plain; version=0\.0\.4/,
      );
      t.match(agent.namespace.run(['curl', '-sSD', '-', '-o', '/dev/null', `${base}/`]), /404/);
    }
    t.match(await over(socket), /^backup_router_up 1$/m);
    for (const where of ['0.0.0.0:9787', '[::]:9787', '192.0.2.1:9787', 'localhost:9787', '9787', '127.0.0.1:0'])
      t.match(await agent.cli('metrics', '--listen', where), { status: 64, stderr: /loopback/ }, `${where} is refused`);
  });

  await agent.stop();
  t.equal(file(agent), (await agent.cli('metrics')).stdout, 'the file and the command tell that there is none');
  t.equal(valueOf(file(agent), 'up'), 0);
  t.match(await agent.cli('metrics'), { status: 69, stderr: /the agent does not run/ });
  t.match(get('http://127.0.0.1:9787/metrics'), /^backup_router_up 0$/m);
  t.match(command([PROMTOOL, 'check', 'metrics'], { input: file(agent) }), '');
});

function over(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/metrics' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
}
