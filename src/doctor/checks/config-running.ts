/**
 * Compares the configuration that the agent runs with the file: whether it is that file, whole and
 * unchanged.
 */

import { selectorText } from '../../model/config.js';
import { DEFAULT_CONFIG_FILE } from '../../model/paths.js';
import type { Status } from '../../model/status.js';
import { type Check, found } from '../finding.js';
import type { Host } from '../host.js';
import { withAgent } from './agent.js';

export const configNotRunning: Check = {
  code: 'config-not-running',
  title: 'what runs is the configuration of the file',
  run: (host) =>
    withAgent(host, (status) => {
      const { configuration } = status;
      const named = configuration.file === DEFAULT_CONFIG_FILE ? '' : ` -c ${configuration.file}`;
      const reload = `backup-router check${named} && backup-router reload`;
      if (configuration.source === 'rolled-back')
        return found(
          'warning',
          `${configuration.file} was rolled back, because nobody confirmed it; the agent
            runs the configuration from before.`,
          [`rolled back at ${configuration.rolledBackAt ?? '-'}`],
          reload,
        );
      if (configuration.source !== 'file')
        return found(
          'error',
          `${configuration.file} has errors; the agent runs
            ${configuration.source === 'partial' ? 'its valid part' : 'the last known good copy'}.`,
          configuration.errors.slice(0, 5),
          reload,
        );
      if (configuration.file !== host.configuration.file)
        return found(
          'warning',
          `The agent runs another file than the one looked at here.`,
          [`running: ${configuration.file}`, `looked at: ${host.configuration.file}`],
          `backup-router doctor -c ${configuration.file}`,
        );
      const differs = difference(host, status);
      // The agent reports whether the file has changed. What has changed shows in the copy of the
      // configuration that last ran.
      if (differs.length === 0 && !configuration.changed) return [];
      const { kept, keptPath, text } = host.configuration;
      const copy = kept.kind === 'seen' && kept.value !== undefined && kept.value !== text;
      return found(
        'warning',
        `${configuration.file} has changed since the agent read it.`,
        [...differs, ...(copy ? [`${keptPath} differs from ${configuration.file}`] : [])].concat(
          differs.length === 0 && !copy ? [`the agent (pid ${status.agent.pid}) says so`] : [],
        ),
        [...(copy ? [`diff ${keptPath} ${configuration.file}`] : []), 'backup-router reload --dry-run', reload],
      );
    }),
};

/** The settings in which the agent's status and the file differ. */
function difference(host: Host, status: Status): readonly string[] {
  const { config } = host;
  const [file, runs] = [
    config.managementInterfaces.map(({ selector }) => selectorText(selector)).join(' '),
    status.managementInterfaces.map(({ selector }) => selector).join(' '),
  ];
  return [
    ...(file === runs ? [] : [`management-interface: ${file} in the file, ${runs} runs`]),
    ...(config.placement === status.routes.placement
      ? []
      : [`placement: ${config.placement} in the file, ${status.routes.placement} runs`]),
  ];
}
