/**
 * Running a command to its end, for the set-up and the inspection of a laboratory.
 *
 * What lives here: the synchronous call (a test reads like a shell script) and the asynchronous one
 * for commands that take long enough to matter. What does not: processes that stay (process.ts).
 * Invariant: a command that fails is an error with its own words, unless the caller asked for the
 * result.
 */

import { spawn, spawnSync } from 'node:child_process';

/** How a command ended. */
export interface CommandResult {
  /** Exit status; 128 + signal number is not used, a signal is -1. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Text for its standard input; none by default. */
  readonly input?: string;
  /** Ended by SIGKILL after this long; 30 s by default. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Runs `argv` and returns how it ended. Throws only when it could not be started or took too long.
 */
export function tryCommand(argv: readonly string[], options: CommandOptions = {}): CommandResult {
  const [file, ...args] = argv;
  if (file === undefined) throw new TypeError('an empty command');
  const result = spawnSync(file, args, {
    encoding: 'utf8',
    env: options.env ?? process.env,
    input: options.input ?? '',
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (result.error !== undefined)
    throw new Error(`${argv.join(' ')}: ${result.error.message}`, { cause: result.error });
  return { status: result.status ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** Runs `argv` and returns its standard output. Throws, with its standard error, when it fails. */
export function command(argv: readonly string[], options: CommandOptions = {}): string {
  return expectSuccess(argv, tryCommand(argv, options));
}

/** As {@link tryCommand}, without blocking the event loop. */
export async function tryCommandAsync(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file, ...args] = argv;
  if (file === undefined) throw new TypeError('an empty command');
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: options.env ?? process.env,
      timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // EPIPE of a command that does not read its input is no fault of the command.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.once('error', (error) => reject(new Error(`${argv.join(' ')}: ${error.message}`, { cause: error })));
    child.once('close', (status) => resolve({ status: status ?? -1, stdout, stderr }));
  });
}

function expectSuccess(argv: readonly string[], result: CommandResult): string {
  if (result.status === 0) return result.stdout;
  const words = (result.stderr.trim() || result.stdout.trim()).slice(0, 2000);
  throw new Error(`${argv.join(' ')}: exit status ${result.status}${words === '' ? '' : `: ${words}`}`);
}
