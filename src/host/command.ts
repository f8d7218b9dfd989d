/**
 * Runs an operator's command once and reports how it ended.
 *
 * Invariants. There is no shell. The environment is minimal: NOTIFY_SOCKET in particular is not
 * passed, or the command could talk to systemd in our name. Nothing of it outlives its time: it
 * leads a process group of its own, which is killed when it ends or its time is over. Only the
 * beginning of its output is kept; the rest is read and dropped. It has the agent's user and
 * groups, none of its capabilities, and limits of its own (confine.ts).
 */

import { accessSync, constants } from 'node:fs';

import type { Readable } from 'node:stream';
import type { Clock, Timer } from './clock.js';
import { confinement, FREE, limited, started, unconfined, unfavoured } from './confine.js';

const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' };
/** Characters kept of each of its outputs. */
const MAX_OUTPUT = 4096;
const MAX_REASON = 120;
/** Milliseconds from the end of the command to the end of its outputs. */
const GRACE_MS = 100;

interface HostCommand {
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly timeoutMs: number;
  /** Whether its standard output is wanted. */
  readonly output: boolean;
  /** Variables besides PATH and LANG. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its capabilities are dropped and limits are set (confine.ts); default true. */
  readonly confined?: boolean;
}

export type CommandEnd =
  | { readonly kind: 'succeeded'; readonly stdout: string }
  /**
   * `how` is the same text for the same outcome: `exited with 3`, `was ended by SIGSEGV`. `said`
   * is the first line of standard error, printable, perhaps empty.
   */
  | { readonly kind: 'failed'; readonly how: string; readonly said: string }
  | { readonly kind: 'timed-out' }
  /** `code`: an errno such as ENOENT or EACCES, or setpriv's refusal. */
  | { readonly kind: 'not-started'; readonly code: string };

/**
 * `onEnd` is called once; `onGone` is called once, after it, when the command is gone. The
 * returned function ends the command early; then `onEnd` is no longer called.
 */
export function runCommand(
  what: HostCommand,
  clock: Clock,
  onEnd: (end: CommandEnd) => void,
  onGone: () => void,
): () => void {
  const { timeoutMs, confined = true } = what;
  let told = false;
  let gone = false;
  let grace: Timer | undefined;
  const tell = (end: CommandEnd): void => {
    if (!told) onEnd(end);
    told = true;
  };
  let child: ReturnType<typeof start>;
  try {
    child = start(what);
    if (confined && child.pid !== undefined) {
      unfavoured(child.pid);
      limited(child.pid, timeoutMs);
    }
  } catch (error) {
    tell({ kind: 'not-started', code: codeOf(error) });
    onGone();
    return () => undefined;
  }
  const stdout = beginning(child.stdout);
  const stderr = beginning(child.stderr);
  // Reported at once, whether or not the command can be killed (state D).
  const limit = clock.at(clock.now() + timeoutMs, () => {
    tell({ kind: 'timed-out' });
    killGroup(child.pid);
  });
  const finish = (end: () => CommandEnd): void => {
    if (gone) return;
    gone = true;
    limit.cancel();
    grace?.cancel();
    child.stdout?.destroy();
    child.stderr?.destroy();
    tell(end());
    onGone();
  };
  const ended = (status: number | null, signal: string | null) => (): CommandEnd => {
    if (status === 0) return { kind: 'succeeded', stdout: stdout() };
    const refused = !confined ? undefined : /^setpriv: (?!failed to execute).*/.exec(stderr())?.[0];
    if (refused !== undefined) {
      unconfined(refused);
      return { kind: 'not-started', code: refused };
    }
    return {
      kind: 'failed',
      how: status === null ? `was ended by ${signal}` : `exited with ${status}`,
      said: firstLine(stderr()),
    };
  };
  child.on('error', (error) => finish(() => ({ kind: 'not-started', code: codeOf(error) })));
  child.on('exit', (status, signal) => {
    killGroup(child.pid);
    // Its last output may still be in the pipe, and a grandchild that left the group may hold the
    // pipe open indefinitely.
    grace = clock.at(clock.now() + GRACE_MS, () => finish(ended(status, signal)));
  });
  child.on('close', (status, signal) => finish(ended(status, signal)));
  return () => {
    if (gone) return;
    told = true;
    killGroup(child.pid);
    finish(ended(null, null));
  };
}

function start({ command: [file, ...args], output, env, confined = true }: HostCommand) {
  // Checked here, because setpriv would report it differently.
  accessSync(file, constants.X_OK);
  const how = confined ? confinement() : FREE;
  const [program, ...more] = [...how.prefix, file, ...args];
  // Loaded here: most configurations name no command.
  const { spawn } = process.getBuiltinModule('node:child_process');
  return started(how, () =>
    spawn(program!, more, {
      detached: true,
      cwd: '/',
      env: { ...env, ...ENVIRONMENT },
      stdio: ['ignore', output ? 'pipe' : 'ignore', 'pipe'],
    }),
  );
}

/** The beginning of a stream; all of it is read. */
function beginning(stream: Readable | null): () => string {
  let text = '';
  if (stream === null) return () => text;
  stream.setEncoding('utf8');
  stream.on('data', (piece: string) => {
    if (text.length < MAX_OUTPUT) text += piece.slice(0, MAX_OUTPUT - text.length);
  });
  stream.on('error', () => undefined);
  return () => text;
}

/** kill(2) of the group; ESRCH means that nothing is left of it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    return;
  }
}

/**
 * The first line with text; control characters, which would garble a terminal or the journal,
 * become blanks.
 */
function firstLine(text: string): string {
  const line = (text.split('\n').find((one) => one.trim() !== '') ?? '').replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON)}...` : line;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
