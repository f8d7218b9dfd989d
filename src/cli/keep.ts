/**
 * `reload --confirm` on a terminal: ENTER confirms the new configuration. The agent itself rolls
 * back when the time is over, whatever happens to this process, which only watches.
 */

import { subscribe } from '../control/client.js';
import { type CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import type { Status } from '../model/status.js';
import { durationText } from '../model/text.js';
import { ask } from './order.js';

const CLEAR = '\r\x1b[K';
const TICK_MS = 1_000;
/** The last status, and when it came. */
interface Seen {
  readonly configuration: Status['configuration'];
  readonly at: number;
}

/** Resolves with 0 if the configuration was confirmed, here or elsewhere, and with 1 if not. */
export function keepOrNot(): Promise<number> {
  process.stdout.write('Press ENTER to keep it.\n');
  return new Promise((resolve, reject) => {
    let seen: Seen | undefined;
    const show = (): void => {
      const left = seen?.configuration.unconfirmed?.leftMs;
      if (seen === undefined || left === undefined) return;
      const rest = Math.max(0, left - (performance.now() - seen.at));
      process.stdout.write(`${CLEAR}Rolled back in ${durationText(Math.ceil(rest / 1_000) * 1_000)} `);
    };
    /** Stops reading the terminal, which would otherwise keep the process alive. */
    const release = (): void => {
      clearInterval(timer);
      process.stdin.off('data', keep).off('end', leave).pause();
      process.off('SIGINT', leave);
    };
    const finish = (words: string, exitStatus: number): void => {
      release();
      unsubscribe();
      process.stdout.write(`${CLEAR}${words}\n`);
      resolve(exitStatus);
    };
    const keep = (): void => {
      ask({ command: 'confirm' }, 'message').then(
        ({ message }) => finish(message, EXIT.OK),
        (error: CommandError) =>
          finish(`${error.message}\nhelp: ${error.suggestion ?? 'backup-router status'}`, error.exitStatus),
      );
    };
    const leave = (): void =>
      finish(
        'Not confirmed: it is rolled back when the time is over, unless: backup-router confirm',
        EXIT.NOT_IN_STATE,
      );
    const hear = (configuration: Status['configuration']): void => {
      seen = { configuration, at: performance.now() };
      if (configuration.unconfirmed !== null) return show();
      if (configuration.source === 'rolled-back')
        finish('No answer: rolled back to what ran before.', EXIT.NOT_IN_STATE);
      else finish('Confirmed from elsewhere.', EXIT.OK);
    };
    const timer = setInterval(show, TICK_MS);
    const unsubscribe = subscribe(
      pathsOf(process.env).controlSocket,
      { command: 'status', follow: true },
      (response) => {
        if (response.ok && 'status' in response) hear(response.status.configuration);
      },
      (why) => {
        release();
        reject(why);
      },
    );
    process.stdin.on('data', keep).on('end', leave);
    process.once('SIGINT', leave);
  });
}
