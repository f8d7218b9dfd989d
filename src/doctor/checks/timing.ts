/** Times in the configuration that contradict measured facts. */

import { type Check, found } from '../finding.js';

/**
 * A healthy zebra did not answer for this long under `show ip route json` of 400k routes (fact
 * F13).
 */
const LONGEST_SILENCE_MS = 5_200;

export const probeTimeoutShort: Check = {
  code: 'probe-timeout-short',
  title: 'the probe-timeout outlasts the longest silence of a busy daemon',
  facts: 'F7, F13',
  run: ({ config, configuration }) => {
    if (!config.routingDaemons.some(({ kind }) => kind === 'frr')) return 'not-applicable';
    if (config.probeTimeoutMs > LONGEST_SILENCE_MS) return [];
    return found(
      'note',
      `A healthy zebra can be silent for 5.2 s under a full table: with this probe-timeout the
        backup routes may go in for no reason.`,
      [`detect.probe-timeout: ${config.probeTimeoutMs} ms`],
      `# in ${configuration.file}:\ndetect:\n  probe-timeout: 10s`,
    );
  },
};
