/**
 * `backup-router metrics`: prints the metrics on standard output, or serves them over HTTP on this
 * host.
 */

import { inquire } from '../control/client.js';
import { expositionOfNone } from '../metrics/exposition.js';
import { CommandError, EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import { VERSION } from '../model/version.js';
import type { MetricsOutput } from './output.js';
import { print, printJson } from './print.js';

export async function metrics(options: { readonly listen?: string; readonly json?: boolean }): Promise<number> {
  const { controlSocket, instance } = pathsOf(process.env);
  if (options.listen !== undefined && options.json === true)
    throw new CommandError(
      EXIT.USAGE,
      '--json and --listen exclude each other',
      'leave --json out: --listen serves the text format of Prometheus',
    );
  if (options.listen !== undefined)
    return (await import('./metrics-listen.js')).listen(options.listen, instance, () => ask(controlSocket));
  if (options.json === true) {
    const { familiesOf } = await import('../metrics/families.js');
    printJson<MetricsOutput>({ version: 1, metrics: familiesOf(await ask(controlSocket)) });
    return EXIT.OK;
  }
  try {
    print(await ask(controlSocket));
    return EXIT.OK;
  } catch (error) {
    // A file made from this output then says that there is no agent, instead of being empty.
    print(expositionOfNone(VERSION, instance));
    throw error;
  }
}

async function ask(socket: string): Promise<string> {
  return (await inquire(socket, { command: 'metrics' }, 'metrics')).metrics;
}
