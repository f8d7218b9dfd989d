/**
 * Runs a command to its end, for the set-up and the inspection of a laboratory: synchronously, so
 * that a test reads like a shell script, or asynchronously for commands that take longer.
 * Processes that keep running are in process.ts.
 *
 * Invariant: a command that fails is an error with the command's own output, unless the caller
 * asked for the result.
 */

import { spawn, spawnSync } from 'node:child_process';

/** How a command ended. */
export interface CommandResult {
  /** The exit status, or -1 if a signal ended the command (not 128 + signal number). */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** The text for standard input; empty by default. */
  readonly input?: string;
  /** The command gets SIGKILL after this time; 30 s by default. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Runs `argv` and returns how it ended. Throws only if it could not be started or took too long.
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

/** Runs `argv` and returns its standard output. Throws with its standard error if it fails. */
export function command(argv: readonly string[], options: CommandOptions = {}): string {
  return expectSuccess(argv, tryCommand(argv, options));
}

/** Like {@link tryCommand}, without blocking the event loop. */
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
    // EPIPE from a command that does not read its input is not an error.
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
