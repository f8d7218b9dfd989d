/**
 * The images of docs/examples/container and the topology of docs/examples/containerlab, run by podman and runc on Debian roots: no
 * registry is asked, and neither Docker, nor containerlab, nor Kubernetes runs here. What those would make of the files is imitated.
 */

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse, parseAllDocuments } from 'yaml';
import { createLab } from '../../src/drill/lab/lab.js';
import type { Namespace } from '../../src/drill/lab/namespace.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { startPing } from '../lab/ping.js';
import { PROJECT } from '../systemd/host/project.js';
import { VERSION } from './artefacts.js';
import { cannotContain, Engine } from './engine.js';

const EXAMPLES = join(PROJECT, 'docs/examples');
const CONFIG = `management-interface: mgmt0
backup-router: {address: 10.77.0.1}
routing-daemon: [{frr: {daemons: [zebra, staticd]}}]
withdraw: {hold-time: 1s}
`;
/** FRR as its own image starts it: no systemd, somebody who reaps. */
const START_FRR = 'chown frr:frrvty /run/frr; /usr/lib/frr/frrinit.sh start; exec sleep infinity';
const FRR_CAPABILITIES = '--cap-add=NET_ADMIN,NET_RAW,SYS_ADMIN';

t.setTimeout(600_000);

t.test('containers', { skip: cannotContain() }, async (t) => {
  const lab = createLab();
  const engine = new Engine(lab.directory);
  t.teardown(async () => {
    engine.closeNow();
    await lab.close();
  });
  engine.buildExamples();

  // The replies have a table of their own, which stays.
  const backupRoutes = (namespace: Namespace): string =>
    namespace
      .ip('-N -4 route show table all proto 157')
      .split('\n')
      .filter((line) => line.includes('table 25500'))
      .join('\n');
  const comeIn = (namespace: Namespace): Promise<unknown> =>
    eventually(() => backupRoutes(namespace) !== '', { timeoutMs: 20_000, what: 'backup routes' });
  const goOut = (namespace: Namespace): Promise<unknown> =>
    eventually(() => backupRoutes(namespace) === '', { timeoutMs: 60_000, what: 'their withdrawal' });
  const killZebra = (container: string): unknown =>
    engine.run('exec', container, 'bash', '-c', 'kill -STOP $(pidof watchfrr); kill -KILL $(pidof zebra)');

  await t.test('the image', async (t) => {
    const [image] = JSON.parse(engine.run('image', 'inspect', 'backup-router')) as [
      { readonly User: string; readonly Size: number; readonly Healthcheck?: { readonly Test: readonly string[] } },
    ];
    t.equal(image.User, '10157:10157');
    t.same(image.Healthcheck?.Test, ['CMD', 'backup-router', 'status']);
    const once = (...argv: readonly string[]) => engine.try('run', '--rm', '--network', 'none', ...argv);
    t.match(once('backup-router', '--version'), { status: 77, stderr: /--cap-add NET_ADMIN/ });
    t.match(once('--cap-drop=ALL', '--cap-add=NET_ADMIN', 'backup-router', '--version'), {
      status: 0,
      stdout: `${VERSION}\n`,
    });
    t.match(
      once('--entrypoint=/bin/sh', 'backup-router', '-c', 'command -v npm gcc python3; ls /usr/lib/backup-router'),
      { stdout: /^dist\nnode\nnode_modules\nsystemd\n$/ },
    );
  });

  await t.test('beside FRR in a container of its own', async (t) => {
    const [router, gateway, neighbour] = ['router', 'gateway', 'neighbour'].map((name) => lab.namespace(name));
    lab.link(router!, 'mgmt0', gateway!, 'mgmt0');
    lab.link(router!, 'data0', neighbour!, 'data0');
    router!.ip('address add 10.77.0.2/24 dev mgmt0');
    gateway!.ip('address add 10.77.0.1/24 dev mgmt0');
    router!.ip('address add 10.78.0.2/24 dev data0');
    neighbour!.ip('address add 10.78.0.1/24 dev data0');
    const directory = join(lab.directory, 'sidecar');
    mkdirSync(join(directory, 'run-frr'), { recursive: true });
    writeFileSync(join(directory, 'config.yaml'), CONFIG);
    writeFileSync(join(directory, 'frr.conf'), 'ip route 0.0.0.0/0 10.78.0.1\n');
    const sockets = `--volume=${directory}/run-frr:/run/frr`;
    engine.run(
      ...['run', '--detach', '--name=frr', `--network=ns:/run/netns/${router!.name}`, FRR_CAPABILITIES, sockets],
      ...[`--volume=${directory}/frr.conf:/etc/frr/frr.conf`, 'frr', 'tini', '--', 'sh', '-c', START_FRR],
    );
    const startAgent = (...options: readonly string[]): string =>
      engine.run(
        ...['run', '--detach', '--name=agent', '--network=container:frr', '--pid=container:frr', sockets],
        ...['--cap-drop=ALL', '--cap-add=NET_ADMIN', ...options],
        ...[`--volume=${directory}/config.yaml:/etc/backup-router/config.yaml:ro`, 'backup-router'],
      );

    startAgent();
    const told = (): string => engine.try('exec', 'agent', 'backup-router', 'status').stdout;
    await eventually(() => /no permission on \/run\/frr\/zebra\.vty/.test(told()), {
      timeoutMs: 20_000,
      what: 'the missing group',
    });
    t.match(told(), /--group-add with the number that `getent group frrvty` prints/);
    t.match(engine.try('exec', 'agent', 'backup-router', 'doctor'), { status: 1, stdout: /docker run --group-add \d/ });
    engine.run('rm', '--force', '--time=5', 'agent');

    const group = engine.run('exec', 'frr', 'getent', 'group', 'frrvty').split(':')[2]!;
    startAgent(`--group-add=${group}`);
    await goOut(router!);
    const health = (): number => engine.try('healthcheck', 'run', 'agent').status;
    await eventually(() => health() === 0, { timeoutMs: 20_000, what: 'the wished state' });
    killZebra('frr');
    await comeIn(router!);
    t.match(engine.run('exec', 'agent', 'backup-router', 'status'), /IN for .* frr\/zebra is down: end of file/);
    t.notMatch(engine.logs('agent'), /no-koffi|Cannot find module/);
    engine.run('stop', '--time=10', 'agent');
    t.equal(engine.run('inspect', '--format={{.State.ExitCode}}', 'agent').trim(), '0', 'an orderly stop');
    t.match(backupRoutes(router!), 'default', 'the routes stay');
    gateway!.ip('link set mgmt0 down');
    engine.run('start', 'agent');
    await eventually(() => health() !== 0, { timeoutMs: 20_000, what: 'a gateway that is not there' });
    engine.run('rm', '--force', '--time=5', 'agent');
    engine.run('rm', '--force', '--time=0', 'frr');
  });

  await t.test('the topology of containerlab', (t) => containerlab(t, engine, lab, { comeIn, goOut, killZebra }));

  t.test('compose and Kubernetes: the files are what those read, with a sound configuration', async (t) => {
    const read = (name: string): string => readFileSync(join(EXAMPLES, 'container', name), 'utf8');
    const compose = parse(read('compose.yaml')) as { services: Record<string, Record<string, unknown>> };
    t.match(compose.services['backup-router'], {
      network_mode: 'host',
      pid: 'host',
      cap_drop: ['ALL'],
      cap_add: ['NET_ADMIN'],
    });
    const [map, set] = parseAllDocuments(read('kubernetes.yaml')).map((document) => document.toJS());
    const [, agent] = set.spec.template.spec.initContainers;
    t.match(agent, { restartPolicy: 'Always', securityContext: { runAsUser: 10157, allowPrivilegeEscalation: true } });
    const volumes = new Set(set.spec.template.spec.volumes.map(({ name }: { name: string }) => name));
    for (const { name } of agent.volumeMounts) t.ok(volumes.has(name), name);
    const check = ['--cap-add=NET_ADMIN', '--network=none', 'backup-router', 'check', '-c', '-'];
    for (const text of [map.data['config.yaml'], read('config.yaml')])
      t.match(
        engine.run(
          'run',
          '--rm',
          `--volume=${write(lab.directory, text)}:/c.yaml:ro`,
          ...check.slice(0, -1),
          '/c.yaml',
        ),
        /ok/,
      );
  });
});

function write(directory: string, text: string): string {
  const file = join(directory, `config-${text.length}.yaml`);
  writeFileSync(file, text);
  return file;
}

interface Node {
  readonly image: string;
  readonly entrypoint?: string;
  readonly user?: string;
  readonly binds?: readonly string[];
  readonly 'network-mode'?: string;
}

interface Acts {
  comeIn(namespace: Namespace): Promise<unknown>;
  goOut(namespace: Namespace): Promise<unknown>;
  killZebra(container: string): unknown;
}

/**
 * What containerlab does with a topology: privileged containers with an eth0 in 172.20.20.0/24 and the engine's default route, the
 * other links attached after the start with an MTU of 9500 (fact S6).
 */
async function containerlab(t: Test, engine: Engine, lab: ReturnType<typeof createLab>, acts: Acts): Promise<void> {
  const directory = join(lab.directory, 'clab');
  cpSync(join(EXAMPLES, 'containerlab'), directory, { recursive: true });
  cpSync(join(EXAMPLES, 'containerlab.yaml'), join(lab.directory, 'containerlab.yaml'));
  const { topology } = parse(readFileSync(join(directory, 'backup-router.clab.yml'), 'utf8')) as {
    readonly topology: {
      readonly kinds: Readonly<Record<string, Node>>;
      readonly nodes: Readonly<Record<string, Node>>;
    };
  };
  const names = Object.keys(topology.nodes).filter((name) => topology.nodes[name]!['network-mode'] === undefined);
  t.same(names, ['r1', 'r2']);
  const docker = lab.namespace('docker', { forwarding: true });
  const [r1, r2] = names.map((name) => lab.namespace(name, { forwarding: true })) as [Namespace, Namespace];
  lab.bridge(
    docker,
    'br0',
    [r1, r2].map((namespace) => ({ namespace, name: 'eth0' })),
  );
  docker.ip('address add 172.20.20.1/24 dev br0');
  docker.ip('-6 address add 3fff:172:20:20::1/64 dev br0 nodad');
  docker.ip('address add 198.51.100.9/32 dev lo');
  [r1, r2].forEach((namespace, i) => {
    namespace.ip(`address add 172.20.20.${11 + i}/24 dev eth0`);
    namespace.ip('route add default via 172.20.20.1 dev eth0');
    namespace.ip(`-6 address add 3fff:172:20:20::${11 + i}/64 dev eth0 nodad`);
    namespace.ip('-6 route add default via 3fff:172:20:20::1 dev eth0');
  });
  const gid = engine.run('run', '--rm', '--network=none', 'frr', 'getent', 'group', 'frrvty').split(':')[2]!;
  for (const [name, node] of Object.entries(topology.nodes)) {
    const shared = node['network-mode']?.replace(/^container:/, 'container:clab-');
    engine.run(
      ...['run', '--detach', '--privileged', `--name=clab-${name}`],
      `--network=${shared ?? `ns:/run/netns/${(name === 'r1' ? r1 : r2).name}`}`,
      ...(node.user === undefined ? [] : [`--user=${node.user.replace(':102', `:${gid}`)}`]),
      ...(node.entrypoint === undefined ? [] : [`--entrypoint=${JSON.stringify(node.entrypoint.split(' '))}`]),
      ...[...topology.kinds['linux']!.binds!, ...(node.binds ?? [])].map((bind) => `--volume=${join(directory, bind)}`),
      node.image.includes('/frr:') ? 'frr' : node.image,
    );
  }
  lab.link(r1, 'eth1', r2, 'eth1', { up: false });
  for (const namespace of [r1, r2]) namespace.ip('link set eth1 mtu 9500 up');

  const defaults = (namespace: Namespace): string => namespace.ip('-4 route show default').trim();
  const ping = startPing(docker, '172.20.20.11', { source: '198.51.100.9' });
  t.teardown(() => ping.stop());
  await ping.nextReply(20_000);
  await eventually(() => /^default .*proto bgp/.test(defaults(r1)), { timeoutMs: 60_000, what: 'the route of BGP' });
  /** With what the agent says of it when it does not come. */
  const goOut = (namespace: Namespace, container: string): Promise<unknown> =>
    acts.goOut(namespace).catch((error: unknown) => {
      throw new Error(`${error}: ${engine.try('exec', container, 'backup-router', 'status').stdout}`);
    });
  await goOut(r1, 'clab-r1');
  t.match(defaults(r1), /^default [^\n]*proto bgp[^\n]*$/, 'the default route of the engine is taken over');
  await goOut(r2, 'clab-r2-agent');
  t.match(defaults(r2), /^default via 172\.20\.20\.1 dev eth0$/, 'and stands where FRR has none');
  t.match(engine.try('exec', 'clab-r2-agent', 'backup-router', 'status').stdout, /has no default route of its own/);
  acts.killZebra('clab-r1');
  await acts.comeIn(r1);
  await ping.nextReply();
  acts.killZebra('clab-r2');
  await acts.comeIn(r2);
  engine.run('exec', 'clab-r1', 'bash', '-c', 'kill -KILL $(pidof node)');
  let said = '';
  const again = (): boolean => {
    const { status, stdout, stderr } = engine.try('exec', 'clab-r1', 'backup-router', 'status');
    said = stdout + stderr;
    return status === 0;
  };
  await eventually(again, { timeoutMs: 20_000, what: 'another agent' }).catch((error) =>
    t.fail(`${error}: ${said} ${engine.logs('clab-r1')}`),
  );
  const since = Date.now();
  await ping.nextReply();
  t.equal(await ping.lost(since), 0);
  engine.run('exec', 'clab-r1', 'bash', '-c', 'kill -CONT $(pidof watchfrr)');
  engine.run('stop', '--time=20', 'clab-r1');
  t.not(engine.run('inspect', '--format={{.State.ExitCode}}', 'clab-r1').trim(), '137', 'it stops when it is told to');
  t.match(defaults(r1), 'default via 172.20.20.1 dev eth0', 'given back');
}
