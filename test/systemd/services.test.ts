/**
 * What runs beside the one agent under a real systemd: an agent in a network namespace of its own, by its template unit. One boot; the
 * tests follow upon each other.
 */

import { readFileSync } from 'node:fs';
import t from 'tap';
import { eventually } from '../../src/drill/lab/wait.js';
import type { Status } from '../../src/model/status.js';
import { PROJECT } from './host/project.js';
import { cannotBoot } from './host/requirements.js';
import { startRouter } from './router.js';

const BLUE = 'backup-router@blue.service';
const CONFIG_BLUE = `management-interface: mgmt1
backup-router: {address: 10.79.0.1}
routing-daemon: [{frr: {daemons: [zebra], socket-directory: /run/frr/blue}}]
`;

t.setTimeout(400_000);

t.test('beside the agent', { skip: cannotBoot() }, async (t) => {
  const router = await startRouter();
  t.teardown(() => router.close());
  const { machine } = router;
  const inBlue = (...argv: readonly string[]): string => machine.run('ip', 'netns', 'exec', 'blue', ...argv);
  const blue = (...args: readonly string[]): ReturnType<typeof machine.try> =>
    machine.try('backup-router', '--instance', 'blue', ...args);

  t.test('an agent waits for its namespace, and works in it', async (t) => {
    machine.write('/etc/backup-router/blue.yaml', CONFIG_BLUE);
    machine.run('systemctl', 'enable', BLUE);
    machine.try('systemctl', 'start', BLUE);
    t.not(machine.property(BLUE, 'ActiveState'), 'active', 'there is no namespace');
    t.match(blue('status'), { status: 69, stderr: /systemctl start backup-router@blue/ });
    machine.run('ip', 'netns', 'add', 'blue');
    inBlue('ip', 'link', 'add', 'mgmt1', 'type', 'veth', 'peer', 'name', 'far1');
    for (const link of ['lo', 'mgmt1', 'far1']) inBlue('ip', 'link', 'set', link, 'up');
    inBlue('ip', 'address', 'add', '10.79.0.2/24', 'dev', 'mgmt1');
    await eventually(() => machine.property(BLUE, 'ActiveState') === 'active', {
      what: 'it comes by itself',
      timeoutMs: 20_000,
    });
    await eventually(() => inBlue('ip', '-N', 'route', 'show', 'table', '25500').includes('via 10.79.0.1 dev mgmt1'), {
      what: 'its route',
      timeoutMs: 20_000,
    });
    t.notOk(
      router.owned().some((line) => line.includes('10.79.0.1')),
      'and not in the namespace of the host',
    );
    const status = JSON.parse(blue('status', '--json').stdout) as Status;
    t.match(status, { configuration: { file: '/etc/backup-router/blue.yaml' }, routes: { phase: /^in$/ } });
    t.match(
      JSON.parse(machine.try('backup-router', 'status', '--json').stdout),
      { configuration: { file: '/etc/backup-router/config.yaml' } },
      'the other one is as before',
    );
    t.equal(machine.run('stat', '-c', '%U %a', '/run/backup-router/blue').trim(), 'backup-router 755');
    t.equal(machine.run('stat', '-c', '%U %a', '/var/lib/backup-router/blue').trim(), 'backup-router 755');
  });

  t.test('its unit, metrics, journal and doctor are its own', async (t) => {
    const verify = machine.try('systemd-analyze', 'verify', BLUE);
    t.same([verify.status, verify.stdout, verify.stderr], [0, '', '']);
    const exposure = machine.run('systemd-analyze', 'security', BLUE);
    t.ok(Number(/exposure level for backup-router@blue\.service: ([0-9.]+)/.exec(exposure)?.[1]) <= 2.0);
    t.match(blue('metrics').stdout, /^backup_router_routes_in\{agent="blue"\} 1$/m);
    t.match(machine.run('cat', '/run/backup-router/blue/metrics.prom'), /^backup_router_up\{agent="blue"\} 1$/m);
    t.match(machine.run('journalctl', 'BACKUP_ROUTER_INSTANCE=blue', '-o', 'cat'), /^ready \S+=\S+ after_ms=/m);
    const report = machine.try(
      'ip',
      'netns',
      'exec',
      'blue',
      'backup-router',
      '--instance',
      'blue',
      'doctor',
      '--json',
    );
    const { findings } = JSON.parse(report.stdout) as {
      findings: readonly { readonly code: string; readonly severity: string }[];
    };
    const severity = (code: string): string | undefined => findings.find((one) => one.code === code)?.severity;
    for (const code of [
      'unit-not-installed',
      'unit-not-enabled',
      'unit-not-active',
      'unit-differs',
      'agent-not-running',
    ])
      t.equal(severity(code), 'ok', `doctor looks at its unit: ${code}`);
    t.strictSame(
      findings.filter((one) => /^(unit|state)-/.test(one.code) && /error|warning|unknown/.test(one.severity)),
      [],
    );
    machine.run('systemctl', 'disable', BLUE);
    const after = machine.try('ip', 'netns', 'exec', 'blue', 'backup-router', '--instance', 'blue', 'doctor', '--json');
    t.match(after.stdout, /"unit-not-enabled",\s+"group": "[^"]+",\s+"severity": "error"/, 'and sees when it is not');
    machine.run('systemctl', 'enable', BLUE);
  });

  t.test('metrics over HTTP, by the unit of the document', async (t) => {
    const document = readFileSync(`${PROJECT}/docs/METRICS.md`, 'utf8');
    const unit = /```ini\n# (\S+)\n([\s\S]*?)```/.exec(document);
    machine.write(unit![1]!, unit![2]!.replace('/usr/bin/', '/usr/local/bin/'));
    machine.run('systemctl', 'daemon-reload');
    machine.run('systemctl', 'start', 'backup-router-metrics.service');
    const scrape =
      'exec 3<>/dev/tcp/127.0.0.1/9787; printf "GET /metrics HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n" >&3; cat <&3';
    await eventually(() => /^backup_router_up 1$/m.test(machine.try('bash', '-c', scrape).stdout), {
      what: 'the metrics',
      timeoutMs: 20_000,
    });
    const pid = machine.property('backup-router-metrics.service', 'MainPID');
    t.notMatch(machine.run('ps', '-o', 'user=', '-p', pid), /root|backup-router$/, 'as a user of nobody');
    machine.run('systemctl', 'stop', 'backup-router-metrics.service');
  });

  t.test('both reload and stop by themselves', async (t) => {
    machine.run('systemctl', 'reload', BLUE);
    t.match(blue('events', '--json', '-n', '3').stdout, /"kind":"configuration-(reloaded|unchanged)"/);
    machine.run('systemctl', 'stop', BLUE);
    t.equal(machine.property('backup-router.service', 'ActiveState'), 'active');
    t.match(blue('metrics'), { status: 69, stdout: /^backup_router_up\{agent="blue"\} 0$/m });
    t.match(machine.try('ip', 'netns', 'exec', 'blue', 'backup-router', '--instance', 'blue', 'flush'), { status: 0 });
    t.equal(inBlue('ip', '-N', 'route', 'show', 'table', 'all', 'proto', '157'), '');
  });

  t.test('hooks: their unit, their user, a failing one, and nothing twice over restarts', async (t) => {
    const HOOKS = 'backup-router-hooks.service';
    const said = (): readonly string[] =>
      machine.try('cat', '/var/lib/backup-router-hooks/said').stdout.split('\n').filter(Boolean);
    const hook = (name: string, script: string): void => {
      machine.write(`/etc/backup-router/hooks.d/${name}`, `#!/bin/sh\n${script}\n`);
      machine.run('chmod', '755', `/etc/backup-router/hooks.d/${name}`);
    };
    t.equal(machine.try('systemctl', 'is-enabled', HOOKS).stdout.trim(), 'disabled', 'not by default');
    const verify = machine.try('systemd-analyze', 'verify', HOOKS, 'backup-router-hooks@blue.service');
    t.same([verify.status, verify.stdout, verify.stderr], [0, '', '']);
    hook(
      '10-says',
      // `who` is never seen empty: it is renamed into its place, and is there before the line that is waited for.
      'cd /var/lib/backup-router-hooks; id -un >who.new; mv who.new who; echo "$BACKUP_ROUTER_SEQ $BACKUP_ROUTER_EVENT ${BACKUP_ROUTER_PHASE-}" >>said',
    );
    hook('20-fails', '[ "$BACKUP_ROUTER_EVENT" != order ] || { echo broken >&2; exit 3; }');
    machine.run('systemctl', 'start', HOOKS);
    await eventually(() => /"lastEvent"/.test(machine.try('cat', '/run/backup-router-hooks/status.json').stdout), {
      what: 'it runs',
      timeoutMs: 20_000,
    });
    t.strictSame(said(), [], 'what was before is no news');
    machine.run('backup-router', 'hold', '1h');
    await eventually(() => said().some((line) => line.endsWith(' order ')), { what: 'the order', timeoutMs: 20_000 });
    t.equal(machine.run('cat', '/var/lib/backup-router-hooks/who').trim(), 'backup-router-hooks');
    await eventually(
      () =>
        / hook +20-fails failed \d+ of \d+ times, .*: exited with 3: broken/m.test(
          ` ${machine.try('backup-router', 'status').stdout.replaceAll('\n', '\n ')}`,
        ),
      {
        what: 'status tells of the failure',
        timeoutMs: 20_000,
      },
    );
    const { hooks } = JSON.parse(machine.try('backup-router', 'status', '--json').stdout) as {
      hooks: { hooks: readonly { name: string; failures: number }[] };
    };
    t.match(hooks.hooks, [
      { name: '10-says', failures: 0 },
      { name: '20-fails', failures: 1 },
    ]);
    t.match(machine.run('journalctl', '-u', HOOKS, '-o', 'cat'), /^hook-failed hook=20-fails .*broken/m);

    // Killed, stopped, and the agent started anew meanwhile: each event once, and none is missing.
    machine.run('systemctl', 'kill', '--signal=KILL', HOOKS);
    machine.run('backup-router', 'hold', 'off');
    machine.run('systemctl', 'stop', HOOKS);
    machine.run('systemctl', 'restart', 'backup-router');
    machine.run('backup-router', 'hold', '2h');
    machine.run('backup-router', 'hold', 'off');
    machine.run('systemctl', 'start', HOOKS);
    const events = (): readonly { readonly seq: number; readonly level: string }[] =>
      machine
        .run('backup-router', 'events', '--json', '-n', '1000')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { seq: number; level: string });
    const first = Number(said()[0]!.split(' ')[0]);
    await eventually(
      () => {
        const wanted = events().filter(({ seq, level }) => seq >= first && level !== 'debug');
        const found = said().map((line) => Number(line.split(' ')[0]));
        return JSON.stringify(found) === JSON.stringify(wanted.map(({ seq }) => seq));
      },
      { what: 'each event once', timeoutMs: 20_000 },
    );
    t.ok(said().length >= 5, `${said().length} events`);
    machine.run('systemctl', 'stop', HOOKS);
    t.notMatch(machine.try('backup-router', 'status').stdout, /^hook/m, 'and nothing is told of hooks that do not run');
  });

  t.test(
    'commands of the configuration: the filter of the unit lets them run, without power and within limits',
    async (t) => {
      const found = (): string => machine.try('cat', '/run/backup-router/probe').stdout;
      const probe =
        'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status >/run/backup-router/probe.new; mv /run/backup-router/probe.new /run/backup-router/probe; ! ip link set data0 mtu 1400';
      const command = (words: string): string => JSON.stringify(['/bin/sh', '-c', words]);
      const former = machine.run('cat', '/etc/backup-router/config.yaml');
      const write = (daemon: string, role: string): void => {
        const more = `routing-daemon: [{exec: {command: ${command(daemon)}, interval: 1s, timeout: 900ms}}]
role: {exec: {command: ${command(role)}, interval: 1s, timeout: 900ms}}
`;
        machine.write('/etc/backup-router/config.yaml', former.replace(/^routing-daemon:.*$/m, more.trimEnd()));
        machine.run('systemctl', 'reload', 'backup-router');
      };
      const status = (): Status => JSON.parse(machine.try('backup-router', 'status', '--json').stdout) as Status;
      write(probe, 'echo standby');
      await eventually(() => status().daemons[0]?.state === 'responsive' && status().routes.role === 'standby', {
        what: 'both to say so',
        timeoutMs: 30_000,
      });
      for (const set of ['CapPrm', 'CapEff', 'CapAmb']) t.match(found(), new RegExp(`^${set}:\\s+0+$`, 'm'), set);
      t.match(found(), /^NoNewPrivs:\s+1$/m);
      t.match(found(), /^Seccomp:\s+2$/m);
      t.notMatch(machine.run('ip', 'link', 'show', 'data0'), / mtu 1400 /);
      t.notMatch(machine.run('journalctl', '-b', '-u', 'backup-router', '-o', 'cat'), /commands-unconfined/);

      // More processes than it may have: the shell ends at the first that it cannot make, and the others are as before.
      const FORKS = 'i=0; while [ $i -lt 200 ]; do i=$((i + 1)); echo $i >/run/backup-router/forks; sleep 5 & done';
      write(FORKS, 'echo primary');
      await eventually(() => status().daemons[0]?.state !== 'responsive' && status().routes.role === 'primary', {
        what: 'the end of its time, and the other command to run',
        timeoutMs: 30_000,
      });
      const forks = Number(machine.run('cat', '/run/backup-router/forks'));
      t.ok(forks > 5 && forks < 60, `${forks} processes of 200`);
      t.equal(status().routes.phase, 'in', 'what cannot say that it is well is not');
      machine.write('/etc/backup-router/config.yaml', former);
      machine.run('systemctl', 'reload', 'backup-router');
      await eventually(() => status().daemons.some(({ id }) => id.includes('zebra')), {
        what: 'the former one',
        timeoutMs: 20_000,
      });
    },
  );
});
