/**
 * The real watchfrr over the daemons of a laboratory's router, as frr.service runs them: it starts
 * them, detects that they die or hang, and restarts them. It calls a script instead of
 * watchfrr.sh, which knows only the host's own paths. Daemons without supervision are run by
 * frr.ts.
 *
 * Invariant: the host's /run/frr is never written. watchfrr's own vty socket has a fixed path, so
 * watchfrr gets a private /run.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FRR_BINARIES, type Frr } from '../../src/drill/lab/frr.js';
import type { Process } from '../../src/drill/lab/process.js';

export interface WatchfrrOptions {
  /**
   * The timers. By default it polls each second and may restart each second; FRR's own defaults
   * are 5 s and 60 s.
   */
  readonly args?: readonly string[];
}

/**
 * Starts watchfrr over the prepared daemons of `frr`, which do not run yet. Resolves when all of
 * them answer.
 */
export async function startWatchfrr(frr: Frr, options: WatchfrrOptions = {}): Promise<Watchfrr> {
  const watchfrr = new Watchfrr(frr, options);
  for (const daemon of frr.daemons) await frr.answering(daemon);
  return watchfrr;
}

/** A running watchfrr. Its daemons are not our children; their pids come from their pid files. */
export class Watchfrr {
  readonly process: Process;
  readonly #script: string;

  constructor(
    readonly frr: Frr,
    options: WatchfrrOptions,
  ) {
    const { directory, daemons, namespace } = frr;
    this.#script = join(directory, 'supervise');
    writeFileSync(this.#script, superviseScript(frr), { mode: 0o755 });
    const commands = [
      '-s',
      `${this.#script} start %s`,
      '-r',
      `${this.#script} restart %s`,
      '-k',
      `${this.#script} stop %s`,
    ];
    const timers = options.args ?? ['-i', '1', '--min-restart-interval', '1'];
    const argv = [
      join(FRR_BINARIES, 'watchfrr'),
      '-S',
      directory,
      '-p',
      join(directory, 'watchfrr.pid'),
      ...commands,
      ...timers,
      ...daemons,
    ];
    // `ip netns exec` has already unshared the mount namespace, without propagation to the host.
    const privateRun = 'mount -t tmpfs tmpfs /run && mkdir /run/frr && exec "$@"';
    this.process = namespace.spawn(['sh', '-c', privateRun, 'sh', ...argv], { closeSignal: 'SIGKILL' });
  }

  /** The current pid of a daemon from its pid file; throws if there is none. */
  pid(daemon: string): number {
    return Number(readFileSync(join(this.frr.directory, `${daemon}.pid`), 'utf8'));
  }

  /** Sends a signal to one daemon. Resolves with the time (Date.now()) of the signal. */
  signal(daemon: string, signal: NodeJS.Signals): number {
    const pid = this.pid(daemon);
    const atMs = Date.now();
    process.kill(pid, signal);
    return atMs;
  }

  /**
   * Restarts all daemons by the script, as `systemctl restart frr` would without watchfrr. Blocks.
   */
  restartAll(): void {
    this.frr.namespace.run([this.#script, 'restart', 'all']);
  }

  /** Ends watchfrr first, then its daemons in order. */
  async stop(): Promise<void> {
    await this.process.stop('SIGTERM');
    this.frr.namespace.run([this.#script, 'stop', 'all']);
  }
}

/** The script: start, stop or restart one daemon or `all`. zebra starts first and stops last. */
function superviseScript(frr: Frr): string {
  const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
  const starts = frr.daemons.map((daemon) => `    ${daemon}) ${[...frr.argv(daemon), '-d'].map(quote).join(' ')} ;;`);
  return `#!/bin/sh
cd ${quote(frr.directory)} || exit 1
start() {
  case $1 in
${starts.join('\n')}
  esac
}
# A zombie is dead: where process 1 does not reap, kill -0 would wait for ever.
alive() { read -r _ _ state _ 2>/dev/null < "/proc/$1/stat" && [ "$state" != Z ]; }
stop() {
  pid=$(cat "$1.pid" 2>/dev/null) || return 0
  kill -TERM "$pid" 2>/dev/null
  i=0
  while alive "$pid" && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
  if alive "$pid"; then kill -KILL "$pid"; fi
  rm -f "$1.pid"
}
up=${quote(frr.daemons.join(' '))}
down=${quote([...frr.daemons].reverse().join(' '))}
if [ "$2" != all ]; then up=$2; down=$2; fi
if [ "$1" != start ]; then for daemon in $down; do stop "$daemon"; done; fi
if [ "$1" != stop ]; then for daemon in $up; do start "$daemon"; done; fi
`;
}
