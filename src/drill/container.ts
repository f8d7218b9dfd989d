/**
 * The container of a drill, so that it can be run on a router in production: namespaces of network,
 * processes, mounts, IPC and host name, all anonymous. Nothing in it has a name on the host, so
 * there is nothing to sweep up: when its first process ends, the kernel ends all others
 * (pid_namespaces(7)), and with the last process go networks, mounts and files.
 *
 * Its first process ends when the starter does, however that ends, by two ways that know nothing of
 * each other: the kernel's signal for a dead parent (PR_SET_PDEATHSIG, prctl(2), on both steps),
 * and the end of file on its standard input (container-init.ts). Inside, local file systems are
 * read-only, and /run, /var/tmp and /dev/shm are empty: FRR keeps files named by pid in
 * /var/tmp/frr, and the pids in here are small. Out of memory, the kernel takes the drill first.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { program } from './lab/entry.js';
import { type DrillEvent, type DrillSetup, INSIDE } from './protocol.js';

const INIT = program('drill-container-init');

/** The programs that the container itself needs, and the Debian package of each. */
export const CONTAINER_NEEDS: Readonly<Record<string, string>> = {
  setpriv: 'util-linux',
  unshare: 'util-linux',
  ionice: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
};

/** With it, programs in sbin are found whoever calls. */
export const SYSTEM_PATH = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin`;

const UNSHARE = [
  'unshare',
  '--net',
  '--mount',
  '--pid',
  '--ipc',
  '--uts',
  '--fork',
  '--kill-child=KILL',
  '--mount-proc',
  '--',
];

/**
 * A mount that is hidden below another one cannot be changed, and need not be; the root file system
 * must.
 */
const SETUP = `
echo 1000 > /proc/self/oom_score_adj || :
for place in /run /var/tmp /dev/shm; do
  if [ -d "$place" ] && [ ! -L "$place" ]; then mount -t tmpfs -o mode=1777,nosuid,nodev,size=128m tmpfs "$place"; fi
done
chmod 755 /run
mkdir -p '${INSIDE.directory}'
while read -r _ _ _ _ point rest; do
  type=\${rest#* - }; type=\${type%% *}
  case $point in /proc|/proc/*|/run|/run/*|/var/tmp|/var/tmp/*|/dev|/dev/*) continue ;; esac
  case $type in
    ext[234]|xfs|btrfs|f2fs|overlay|zfs|bcachefs|tmpfs|ramfs|vfat) ;;
    sysfs|cgroup|cgroup2|debugfs|tracefs|securityfs|pstore|efivarfs) ;;
    *) continue ;;
  esac
  mount -o remount,bind,ro "$(printf '%b' "$point")" 2>/dev/null && continue
  if [ "$point" = / ]; then echo 'the root file system cannot be made read-only inside' >&2; exit 1; fi
done < /proc/self/mountinfo
exec "$@"
`;

/** How the container ended. */
export interface ContainerEnd {
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** The end of what was said on standard error. */
  readonly stderr: string;
}

/** A drill that is running. */
export class Container {
  readonly ended: Promise<ContainerEnd>;
  readonly #child: ChildProcess;

  constructor(setup: DrillSetup, onEvent: (event: DrillEvent) => void) {
    const argv = [
      '-n',
      '5',
      'ionice',
      '-c',
      '2',
      '-n',
      '7',
      'setpriv',
      '--pdeathsig',
      'KILL',
      '--',
      ...UNSHARE,
      'sh',
      '-ec',
      SETUP,
      'sh',
      process.execPath,
      INIT,
    ];
    // A session of its own: the terminal's signals are for the command, which then closes the
    // container.
    this.#child = spawn('nice', argv, {
      detached: true,
      cwd: '/',
      env: { PATH: SYSTEM_PATH, HOME: '/root', LANG: 'C.UTF-8', TMPDIR: INSIDE.directory },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stderr = '';
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4000)));
    createInterface({ input: this.#child.stdout! }).on('line', (line) => onEvent(JSON.parse(line) as DrillEvent));
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ status: 127, signal: undefined, stderr: error.message }));
      this.#child.once('close', (status, signal) =>
        resolve({ status: status ?? undefined, signal: signal ?? undefined, stderr: stderr.trim() }),
      );
    });
    // It may be gone before it has read; `ended` tells.
    this.#child.stdin!.on('error', () => undefined);
    this.#child.stdin!.write(`${JSON.stringify(setup)}\n`);
  }

  /** Ends everything inside at once, and waits for the end. Safe to call twice. */
  async close(): Promise<void> {
    this.#child.stdin!.destroy();
    // unshare dies and takes the first process inside with it.
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
