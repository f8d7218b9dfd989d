/**
 * The container of a drill. It makes a drill safe on a router in production. It has its own
 * namespaces for network, processes, mounts, IPC and host name, all anonymous. Nothing in it has a
 * name on the host, so nothing is left behind: when its first process ends, the kernel ends all
 * others (pid_namespaces(7)). The networks, mounts and files go with the last process.
 *
 * The first process ends when its starter ends, in whatever way. Two independent mechanisms ensure
 * that: the parent-death signal (PR_SET_PDEATHSIG, prctl(2), on both steps), and the end of file
 * on standard input (container-init.ts). Inside, local file systems are read-only, and /run,
 * /var/tmp and /dev/shm are empty: FRR keeps files named by pid in /var/tmp/frr, and pids in the
 * container are small. When memory runs out, the kernel kills the drill first (oom_score_adj
 * 1000).
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { program } from './lab/entry.js';
import { type DrillEvent, type DrillSetup, INSIDE } from './protocol.js';

const INIT = program('drill-container-init');

/** The programs that the container itself needs, each with its Debian package. */
export const CONTAINER_NEEDS: Readonly<Record<string, string>> = {
  setpriv: 'util-linux',
  unshare: 'util-linux',
  ionice: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
};

/** Includes the sbin directories, so that their programs are found whoever the caller is. */
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
 * The set-up script of the container. A mount that is hidden below another one cannot be remounted
 * and need not be; the root file system must be remounted.
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

/** A running drill. */
export class Container {
  /** Resolves with the last part of standard error. */
  readonly ended: Promise<string>;
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
    // In a session of its own, so that signals of the terminal reach only the command, which then
    // closes the container.
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
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('close', () => resolve(stderr.trim()));
    });
    // The process may end before it has read this; `ended` reports it.
    this.#child.stdin!.on('error', () => undefined);
    this.#child.stdin!.write(`${JSON.stringify(setup)}\n`);
  }

  /** Ends everything inside at once and waits for the end. May be called twice. */
  async close(): Promise<void> {
    this.#child.stdin!.destroy();
    // unshare dies and takes the first process of the container with it.
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
