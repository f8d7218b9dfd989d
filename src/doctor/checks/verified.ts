/** Answers of the kernel to the agent that differ from what its routes and rules imply. */

import { type Check, found } from '../finding.js';
import { withAgent } from './agent.js';

/** The number of destinations that a finding names. */
const NAMED = 10;

export const modelDisagrees: Check = {
  code: 'model-disagrees',
  title: 'the kernel carries what counts as covered',
  run: (host) =>
    withAgent(host, ({ disagreements }) =>
      disagreements.length === 0
        ? []
        : found(
            'error',
            'By the routes and rules in the kernel these destinations are covered, but the kernel, when asked, does not carry them. The backup routes are in for this reason, and the kernel is asked again from time to time.',
            disagreements
              .slice(0, NAMED)
              .map(
                ({ destination, model, kernel }) =>
                  `${destination}: should go by "${model}"; the kernel says: ${kernel}`,
              ),
            'ip rule; ip route show table all; backup-router explain ADDRESS\n# and report it: the model of the kernel in backup-router is wrong about it',
          ),
    ),
};

export const carriesNothing: Check = {
  code: 'carries-nothing',
  title: 'every backup route that is installed carries packets',
  run: (host) =>
    withAgent(host, ({ backupRoutes }) => {
      const idle = backupRoutes.filter((route) => route.carriesNothing !== undefined);
      return idle.length === 0
        ? []
        : found(
            'error',
            'These backup routes are installed, but the kernel does not use them for the packets.',
            idle.slice(0, NAMED).map(({ destination, carriesNothing: instead }) => `${destination}: ${instead}`),
            'backup-router explain ADDRESS',
          );
    }),
};
