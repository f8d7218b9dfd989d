/**
 * Hazards of the socket of a routing daemon: it does not exist, is a leftover, does not answer, or
 * the agent may not open it.
 */

import { exists } from '../files.js';
import { type Check, type Finding, finding, found, look, together, unknown } from '../finding.js';
import type { Host, Identity, SocketEvidence, SocketOutcome } from '../host.js';
import { agentIdentity, groupName, stepText, turnedAwayAt, userName } from '../identity.js';

/**
 * A check for some outcomes of the conversation. A user who may not open the socket gets
 * `unknown`. The outcomes `unsaid` have another finding.
 */
function outcome(
  code: string,
  title: string,
  facts: string,
  wanted: readonly SocketOutcome[],
  say: (socket: SocketEvidence) => Finding,
  unsaid: readonly SocketOutcome[] = [],
): Check {
  return {
    code,
    title,
    facts,
    run: (host) =>
      host.sockets.length === 0
        ? 'not-applicable'
        : together(
            host.sockets.map(({ outcome: is, ...socket }) => {
              if (is === 'denied')
                return unknown(`${socket.where}: ${socket.detail} for this user`, 'sudo backup-router doctor');
              if (wanted.includes(is)) return [say({ ...socket, outcome: is })];
              return unsaid.includes(is) ? undefined : [];
            }),
          ),
  };
}

function serviceOf(socket: SocketEvidence): string {
  return socket.kind === 'frr' ? 'frr' : socket.kind === 'bird' ? 'bird' : 'the daemon';
}

function start(socket: SocketEvidence): string {
  return socket.kind === 'socket'
    ? '# start it, or correct the address in routing-daemon'
    : `systemctl start ${serviceOf(socket)}; systemctl status ${serviceOf(socket)}`;
}

export const socketAbsent: Check = outcome(
  'socket-absent',
  'every watched socket exists',
  'F9',
  ['absent', 'no-directory'],
  (socket) => {
    const [there, ...more] = socket.elsewhere ?? [];
    if (there !== undefined)
      return finding(
        'error',
        `${socket.id} answers in ${there}, but the agent looks for it elsewhere: it counts as down, and
          the backup routes stay in.`,
        [
          `${socket.where}: ${socket.detail}`,
          ...[there, ...more].map((one) => `${one}/${socket.id.slice(4)}.vty: answers`),
        ],
        ['# in routing-daemon, frr:', `socket-directory: ${there}`],
      );
    return finding(
      'warning',
      socket.outcome === 'absent'
        ? `${socket.id} has no socket, so it counts as down and the backup routes stay in. Is it
          started, and is this its socket?`
        : `The directory of ${socket.id}'s socket does not exist: it has never been started here,
          or its sockets are elsewhere.`,
      [`${socket.where}: ${socket.detail}`],
      socket.kind === 'frr'
        ? [`${start(socket)}`, 'ls -l /run/frr/ /run/frr/*/      # a pathspace has a directory of its own']
        : start(socket),
    );
  },
);

export const socketStale: Check = outcome(
  'socket-stale',
  'no watched socket is a leftover',
  'F9',
  ['stale'],
  (socket) =>
    finding(
      'warning',
      `${socket.id} left its socket behind: the file is there, and nothing listens. The daemon has died,
        or was killed.`,
      [`${socket.where}: ${socket.detail}`],
      start(socket),
    ),
);

export const socketSilent: Check = outcome(
  'socket-silent',
  'every watched daemon answers',
  'F7, F13',
  ['silent', 'fault'],
  (socket) =>
    finding(
      'warning',
      socket.outcome === 'silent'
        ? `${socket.id} accepts a connection and does not answer: it hangs, or is stopped.`
        : `${socket.id} does not speak the protocol that was expected.`,
      [`${socket.where}: ${socket.detail}`],
      socket.kind === 'socket'
        ? undefined
        : `ps -o pid,stat,wchan,cmd -C ${socket.kind === 'frr' ? socket.id.slice(4) : 'bird'}      # T: stopped; kill -CONT PID`,
    ),
  ['absent', 'no-directory', 'stale'],
);

export const socketDenied: Check = {
  code: 'socket-denied',
  title: 'the agent may open every watched socket',
  facts: 'F11',
  run: (host) => {
    const local = host.sockets.filter((socket) => !socket.where.includes(':') || socket.where.startsWith('/'));
    if (local.length === 0) return 'not-applicable';
    return look(agentIdentity(host), (identity) => together(local.map((socket) => denied(host, identity, socket))));
  },
};

/** Undefined: nothing exists yet that could be opened. */
function denied(host: Host, identity: Identity, socket: SocketEvidence): readonly Finding[] | undefined {
  const others = identity !== host.self;
  const whole = socket.steps.at(-1)?.path === socket.where;
  // If the socket itself does not exist or was not seen, the last step is the deepest directory
  // that was.
  const closed = turnedAwayAt(identity, socket.steps, whole ? 'write' : 'search');
  if (closed === undefined) {
    if (socket.outcome !== 'denied') return whole ? [] : undefined;
    if (others)
      return unknown(
        `${socket.where}: ${socket.detail} for this user, so what ${identity.who} may do there could not be told for certain`,
        'sudo backup-router doctor',
      );
  }
  const user = userName(host, identity.uid);
  const group = closed === undefined ? (socket.kind === 'bird' ? 'bird' : 'frrvty') : groupName(host, closed.gid);
  const evidence = [
    closed === undefined ? `${socket.where}: ${socket.detail}` : stepText(closed),
    `${identity.who}: uid ${identity.uid}, groups ${identity.groups.map((gid) => groupName(host, gid)).join(' ')}`,
  ];
  // There is neither an agent nor a unit, and the user of this command says nothing about the
  // agent.
  if (!others && host.agent.status.kind === 'seen' && host.agent.status.value === undefined && identity.uid !== 0)
    return unknown(
      `this user may not open ${socket.where}, and there is neither an agent nor a unit to judge by`,
      'sudo backup-router doctor',
    );
  return found(
    'error',
    `${identity.who} may not open ${socket.where}: ${socket.id} counts as down, and the backup
      routes stay in for ever.`,
    evidence,
    exists(host.files, '/.dockerenv') || exists(host.files, '/run/.containerenv')
      ? [
          "# the agent's container needs that group, by its number:",
          `docker run --group-add ${closed?.gid ?? 'GID'} ...`,
        ]
      : [
          `usermod -aG ${group} ${user} && systemctl restart backup-router`,
          '# or in a drop-in (systemctl edit backup-router):',
          '[Service]',
          `SupplementaryGroups=${group}`,
        ],
  );
}
