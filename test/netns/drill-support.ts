/**
 * What the drill-*.test.ts files share: a host that is compared to the byte, the command line in
 * it, and the structure of its output.
 *
 * The host is a container of its own (processes, network, mounts), so nothing else on this machine
 * affects the comparison. Its network has the interface, routes and rules that a faulty drill
 * could touch.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CommandResult, command, tryCommand } from '../../src/drill/lab/command.js';
import { Process } from '../../src/drill/lab/process.js';
import { eventually } from '../../src/drill/lab/wait.js';

export const CLI = fileURLToPath(new URL('../../bin/backup-router.cjs', import.meta.url));

/** Short times; `more` replaces whole keys. */
export function configText(more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    'management-interface': 'eth0',
    'backup-router': { address: '10.255.0.1' },
    withdraw: { 'hold-time': '100ms' },
    detect: { 'probe-interval': '100ms', 'probe-timeout': '500ms' },
    stale: { 'preempt-after': '300ms' },
    ...more,
  });
}

export interface DrillJson {
  readonly version: 1;
  readonly daemon: string;
  readonly passed: boolean;
  readonly differences: readonly { readonly what: string }[];
  readonly cases: readonly {
    readonly name: string;
    readonly passed: boolean;
    readonly outageMs: number | null;
    readonly routesInMs: number | null;
    readonly carriedBy: readonly string[];
    readonly reason: string;
  }[];
}

/** The agent's protocol, table and rules stand here as those of the host's own agent would. */
const SETUP = `
for d in /run /var/tmp /dev/shm; do mount -t tmpfs -o mode=1777 tmpfs $d; done
mkdir -p /run/frr /run/backup-router /run/netns /var/tmp/frr/zebra.7
echo keep > /run/frr/zebra.vty; echo keep > /run/backup-router/control.sock; echo keep > /var/tmp/frr/zebra.7/crashlog
echo 0 > /proc/sys/net/ipv6/conf/all/accept_dad; echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
ip link set lo up
ip link add eth0 type veth peer name other
ip link set eth0 up; ip link set other up
ip addr add 10.255.0.2/24 dev eth0; ip addr add 2001:db8:ff::2/64 dev eth0 nodad
ip neigh add 10.255.0.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
ip route add default via 10.255.0.1 dev eth0 table 25500 proto 157
ip rule add pref 31064 lookup main proto 157; ip rule add pref 31065 iif lo lookup 25500 proto 157
ip route add 10.0.0.0/8 via 10.255.0.1 dev eth0 proto zebra metric 20
ip -6 route add 2001:db8:100::/40 via fe80::1 dev eth0 proto 157 table 25540
echo ready
while :; do sleep 0.2; done
`;

const LOOK = `
for f in -4 -6; do ip -N -d $f route show table all; ip -N -d $f rule show; ip -N -d $f addr show; ip -N $f neigh show; done
ip -d link show
find /run /var/tmp /dev/shm -printf '%p %y %m %s %T@\\n' | sort
find /proc/sys/net -type f ! -name '*_count' ! -name 'stable_secret' | sort | xargs grep -H . 2>/dev/null
# Namespaces that others on this machine make and delete meanwhile: their mounts were copied with the rest.
grep -v ^nsfs /proc/mounts
`;

/** A container that plays the host. */
export class Host {
  readonly #process: Process;
  readonly #directory = mkdtempSync(join(tmpdir(), 'br-drill-test-'));
  #pid = 0;

  private constructor() {
    this.#process = new Process(
      [
        'unshare',
        '--net',
        '--mount',
        '--pid',
        '--ipc',
        '--fork',
        '--kill-child=KILL',
        '--mount-proc',
        '--',
        'sh',
        '-c',
        SETUP,
      ],
      { closeSignal: 'SIGKILL' },
    );
  }

  static async open(): Promise<Host> {
    const host = new Host();
    await eventually(() => host.#process.lines.includes('ready'), {
      what: `the host is there: ${host.#process.lines.join(' / ')}`,
    });
    host.#pid = Number(command(['sh', '-c', `cat /proc/${host.#process.pid}/task/*/children`]).trim());
    return host;
  }

  /** Everything that a drill must leave as it is. */
  state(): string {
    return this.run(['sh', '-c', LOOK]).stdout;
  }

  /** Command lines of the processes that are neither the host's first one nor its sleep. */
  strangers(): readonly string[] {
    const script =
      'for d in /proc/[0-9]*; do case ${d#/proc/} in 1|$$) ;; *) tr "\\0" " " < $d/cmdline 2>/dev/null && echo ;; esac; done; :';
    return this.run(['sh', '-c', script])
      .stdout.split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('sleep '));
  }

  run(argv: readonly string[]): CommandResult {
    return tryCommand(this.#inside(argv), { timeoutMs: 60_000 });
  }

  /** Starts a drill of this configuration; its first line of output is its pid in here. */
  drill(text: string, ...args: readonly string[]): Process {
    const file = join(this.#directory, 'config.yaml');
    writeFileSync(file, text);
    return new Process(
      this.#inside([
        'env',
        '-i',
        `PATH=${process.env['PATH']}`,
        'sh',
        '-c',
        'echo $$; exec "$@"',
        'sh',
        process.execPath,
        CLI,
        'drill',
        '-c',
        file,
        ...args,
      ]),
      { closeSignal: 'SIGKILL' },
    );
  }

  async close(): Promise<void> {
    await this.#process.stop('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #inside(argv: readonly string[]): readonly string[] {
    return ['nsenter', '-t', String(this.#pid), '-n', '-m', '-p', '-i', '--', ...argv];
  }
}

/** The lines that only one of the two has: none when they are equal to the byte. */
export function difference(before: string, after: string): readonly string[] {
  if (before === after) return [];
  const [a, b] = [before.split('\n'), after.split('\n')];
  const found = [
    ...a.filter((line) => !b.includes(line)).map((line) => `- ${line}`),
    ...b.filter((line) => !a.includes(line)).map((line) => `+ ${line}`),
  ];
  return found.length === 0 ? ['the same lines in another order'] : found.slice(0, 20);
}

/** What the machine's own network namespace holds, lifetimes apart. */
export function machineState(): string {
  const look =
    'for f in -4 -6; do ip -N -d $f route show table all; ip -N -d $f rule show; ip -N -d $f addr show; done; ip -d link show';
  return command(['sh', '-c', look])
    .replace(/ (?:expires|age|users|used) -?\d+(?:sec)?/g, '')
    .replace(/(valid_lft|preferred_lft) \d+sec/g, '$1 *');
}
