/**
 * Compares the running agent with what is on disk: whether it runs, is the only one, has this
 * version, runs the configuration of the file, and has the permissions that it needs.
 */

import { commandThere, type Elsewhere, elsewhereText } from '../../control/network-namespace.js';
import type { Status } from '../../model/status.js';
import { VERSION } from '../../model/version.js';
import { type Check, found, look, type Outcome, unknown } from '../finding.js';
import type { Host } from '../host.js';
import {
  agentIdentity,
  CAP_NET_ADMIN,
  groupName,
  hasCapability,
  stepText,
  turnedAwayAt,
  UNIT,
  unitFiles,
  userName,
} from '../identity.js';
import { valuesOf } from '../ini.js';

/**
 * A check of the running agent. Without one it is not applicable: agent-not-running reports that.
 */
export function withAgent(host: Host, judge: (status: Status) => Outcome): Outcome {
  return look(host.agent.status, (status) => (status === undefined ? 'not-applicable' : judge(status)));
}

export const agentNotRunning: Check = {
  code: 'agent-not-running',
  title: 'the agent runs and answers',
  run: (host) =>
    look(host.agent.status, (status) =>
      status !== undefined
        ? []
        : host.agent.elsewhere !== undefined
          ? away(host.agent.socket, host.agent.elsewhere)
          : found(
              'warning',
              'No agent runs: nothing puts the backup routes in when the routing daemon dies.',
              [`nobody listens on ${host.agent.socket}`],
              host.systemd.kind === 'seen' ? `systemctl start ${UNIT}` : 'backup-router run',
            ),
    ),
};

function away(socket: string, elsewhere: Elsewhere): Outcome {
  return found(
    'warning',
    'No agent runs in this network namespace: the one that answers runs in another, and this report is about the kernel of this one.',
    [`the agent on ${socket} ${elsewhereText(elsewhere)}`],
    commandThere(elsewhere, 'doctor'),
  );
}

export const agentNotInState: Check = {
  code: 'agent-not-in-state',
  title: 'the kernel has every route and rule that the agent wants',
  run: (host) =>
    withAgent(host, (status) => {
      const refused =
        status.routes.phase === 'in'
          ? status.backupRoutes.filter(({ state }) => state === 'absent' || state === 'refused')
          : [];
      const evidence = [
        ...status.faults,
        ...status.waiting.map(({ subject, reason }) => `waiting for ${subject}: ${reason}`),
        ...refused
          .slice(0, 10)
          .map((route) => `${route.destination} via ${route.gateway} dev ${route.interface}: ${route.state}`),
      ];
      return status.faults.length === 0 && refused.length === 0
        ? []
        : found('error', 'The backup routes should be in and are not all installed.', evidence, 'backup-router status');
    }),
};

export const destinationUncovered: Check = {
  code: 'destination-uncovered',
  title: 'while the backup routes are out, every destination is covered',
  run: (host) =>
    withAgent(host, ({ routes: { uncovered, stale } }) =>
      uncovered.length === 0
        ? []
        : found(
            'error',
            'The backup routes are out, and nothing else carries packets to these destinations: the routing daemon is healthy, has never had a route to them here, and the convergence-timeout is over.',
            [
              ...uncovered.slice(0, 10).map((destination) => `nothing covers ${destination}`),
              ...stale.slice(0, 10).map((one) => `the route ${one} is stale: the routing daemon does not have it`),
            ],
            [
              'backup-router hold      # in now, until: backup-router hold off',
              `# and in ${host.configuration.file}, so that they stay in until everything is covered, from the next start of the daemon on:`,
              'withdraw: {convergence-timeout: never}',
              '# or leave the destination out, if nobody needs it',
            ],
          ),
    ),
};

export const agentInterference: Check = {
  code: 'agent-interference',
  title: 'nobody deletes what the agent installs',
  facts: 'S2',
  run: (host) =>
    withAgent(host, ({ interference }) =>
      interference === null
        ? []
        : found(
            'warning',
            `Somebody deletes the agent's routes or rules: ${interference.episodes} times lately.`,
            [interference.last],
            'backup-router status; backup-router events | grep interference',
          ),
    ),
};

export const agentVersion: Check = {
  code: 'agent-old-version',
  title: 'the running agent is of the installed version',
  run: (host) =>
    withAgent(host, ({ agent }) =>
      agent.version === VERSION
        ? []
        : found(
            'warning',
            `The agent that runs is version ${agent.version}; installed is ${VERSION}.`,
            [`pid ${agent.pid}: ${agent.version}`],
            `systemctl restart ${UNIT}`,
          ),
    ),
};

export const agentDryRun: Check = {
  code: 'agent-dry-run',
  title: 'the agent changes the kernel, rather than printing what it would do',
  run: (host) =>
    withAgent(host, ({ agent }) =>
      agent.dryRun
        ? found(
            'error',
            'The agent that runs is a dry run: it installs nothing.',
            [`pid ${agent.pid}: dryRun`],
            `kill ${agent.pid} && systemctl start ${UNIT}`,
          )
        : [],
    ),
};

export const twoAgents: Check = {
  code: 'two-agents',
  title: 'one agent runs in this network namespace',
  run: (host) => {
    const running = host.agent.status.kind === 'seen' ? host.agent.status.value : undefined;
    return look(host.agent.others, (others) => {
      if (others.length === 0 || (running === undefined && others.length === 1))
        return running === undefined && others.length === 1
          ? found(
              'warning',
              `An agent runs that does not listen on ${host.agent.socket}: it has another runtime
                directory, and status, reload and hold do not reach it.`,
              others,
              '# RUNTIME_DIRECTORY=DIR backup-router status',
            )
          : [];
      return found(
        'warning',
        `More than one agent runs in this network namespace. With the same protocol number they take
          each other's routes for leftovers, and delete them.`,
        [...(running === undefined ? [] : [`${running.agent.pid} (answers on ${host.agent.socket})`]), ...others],
        `kill ${others.map((line) => line.split(' ')[0]).join(' ')}`,
      );
    });
  },
};

export const lastKnownGoodMissing: Check = {
  code: 'last-known-good-missing',
  title: 'there is a last known good configuration to fall back on',
  run: (host) =>
    look(host.configuration.kept, (kept) => {
      if (kept !== undefined) return [];
      // A running agent saves a copy as soon as it has left the phase `starting`.
      return withAgent(host, ({ routes }) =>
        routes.phase === 'starting'
          ? 'not-applicable'
          : found(
              'warning',
              `The agent runs and has kept no copy of its configuration: if the file is broken at the next
          start, only its valid part is used.`,
              [`no ${host.configuration.keptPath}`],
              `ls -ld ${host.stateDirectory.path}; df ${host.stateDirectory.path}`,
            ),
      );
    }),
};

export const stateNotWritable: Check = {
  code: 'state-not-writable',
  title: 'the agent may write its state directory',
  run: (host) => {
    const { path, steps, exists } = host.stateDirectory;
    const files = unitFiles(host.files);
    // systemd creates the directory and gives it to the user of the unit before each start
    // (systemd.exec(5)).
    if (exists === 'no' && valuesOf(files, 'Service', 'StateDirectory').length > 0) return [];
    if (exists === 'unseen')
      return unknown(`this user cannot see whether there is a ${path}`, 'sudo backup-router doctor');
    return look(agentIdentity(host), (identity) => {
      const remedy = `install -d -m 755 -o ${userName(host, identity.uid)} -g ${groupName(host, identity.groups[0] ?? 0)} ${path}`;
      if (identity === host.self && identity.uid !== 0)
        return unknown(
          'there is neither an agent nor a unit to judge by, and this user is not root',
          'sudo backup-router doctor',
        );
      if (exists === 'no') {
        // A running agent has either created the directory or failed to.
        return host.agent.identity === undefined
          ? 'not-applicable'
          : found(
              'warning',
              `The state directory does not exist: orders of an operator, the record of adopted
            routes and the last known good configuration are lost when the agent ends.`,
              [`no ${path}`],
              remedy,
            );
      }
      const closed = turnedAwayAt(identity, steps, 'write-search');
      return closed === undefined
        ? []
        : found(
            'warning',
            `${identity.who} may not write ${path}: orders, adopted routes and the last known good
            configuration are not kept.`,
            [stepText(closed), `${identity.who}: uid ${identity.uid}`],
            remedy,
          );
    });
  },
};

export const capabilityMissing: Check = {
  code: 'capability-missing',
  title: 'the agent may change routes (CAP_NET_ADMIN)',
  run: (host) =>
    look(agentIdentity(host), (identity) => {
      if (hasCapability(identity, CAP_NET_ADMIN)) return [];
      if (identity === host.self)
        return unknown(
          'there is neither an agent nor a unit to judge by, and this user has no CAP_NET_ADMIN',
          'sudo backup-router doctor',
        );
      return found(
        'error',
        `${identity.who} has no CAP_NET_ADMIN: it cannot install any route, and ends with exit status 77.`,
        [`${identity.who}: CapEff ${identity.capabilities.toString(16).padStart(16, '0')}`],
        [
          `systemctl edit ${UNIT}`,
          '[Service]',
          'AmbientCapabilities=CAP_NET_ADMIN',
          'CapabilityBoundingSet=CAP_NET_ADMIN',
          `# then: systemctl restart ${UNIT}`,
        ],
      );
    }),
};

export const nativeMissing: Check = {
  code: 'native-missing',
  title: 'the native library (koffi) loads',
  facts: 'N3',
  run: (host) =>
    host.nativeFault === undefined
      ? []
      : found(
          'warning',
          `koffi does not load: the agent polls each second instead of hearing events, has small
            buffers, and reloads only by SIGHUP.`,
          [host.nativeFault],
          [
            '# reinstall the package of this platform (see uname -m); from a checkout:',
            'npm ci --ignore-scripts && scripts/install',
          ],
        ),
};
