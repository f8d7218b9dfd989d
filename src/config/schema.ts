/**
 * The configuration file as a JSON Schema (draft 7, which editors know), for completion and squiggles while one types, and as the
 * source of backup-router.yaml(5). Made from the same keys and defaults as the readers, so that it cannot name others.
 *
 * It is looser than the readers where a schema cannot say it (host bits, families, what two keys mean together): whatever they
 * accept it accepts. `backup-router check` has the last word. Tests hold both to that.
 */

import { MAX_SOCKET_PATH } from '../model/paths.js';
import { FRR_DAEMONS } from './daemon-frr.js';
import { DEFAULT_BIRD, DEFAULT_EXEC, DEFAULT_FRR, DEFAULTS } from './defaults.js';
import { formatDuration } from './duration.js';
import {
  BACKUP_ROUTER_KEYS,
  DAEMON_KEYS,
  DETECT_KEYS,
  INTERFACE_KEYS,
  ROLE_EXEC_KEYS,
  ROLE_KEYS,
  STALE_KEYS,
  TOP_KEYS,
  WITHDRAW_KEYS,
} from './keys.js';
import { MAX_INTERFACES } from './management-interface.js';
import { ROUTE_PROTOCOLS } from './route-protocols.js';

/** As much of JSON Schema as is used here. */
export interface Schema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
}

/** A mapping: every one of its keys, and no other. */
function map<K extends string>(keys: readonly K[], properties: Readonly<Record<K, Schema>>, rest: Schema = {}): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(keys.map((key) => [key, properties[key]])),
    additionalProperties: false,
    ...rest,
  };
}

const oneOrMany = (items: Schema, rest: Schema = {}): Schema => ({
  anyOf: [items, { type: 'array', items, minItems: 1 }],
  ...rest,
});

const TIME = '\\s*\\d+(\\.\\d+)?\\s*(ms|s|m|h)\\s*';
const time = (description: string, ms: number | 'never', never = false): Schema => ({
  description: `${description} A number with a unit: 500ms, 5s, 10m, 1h${never ? '; or never' : ''}.`,
  anyOf: [{ type: 'string', pattern: `^(${TIME}|\\s*0+(\\.0+)?\\s*${never ? '|\\s*never\\s*' : ''})$` }, { const: 0 }],
  default: formatDuration(ms),
});

const PATH: Schema = { type: 'string', pattern: '^/', maxLength: 4095 };
const SOCKET_PATH: Schema = { type: 'string', pattern: '^/', maxLength: MAX_SOCKET_PATH };
const NAME: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 127,
  pattern: '^[^\\s,/:]+$',
  not: { enum: ['lo', '.', '..'] },
};
const MAC: Schema = { type: 'string', pattern: '^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$' };
const WORD: Schema = { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] };
const INET = '[0-9]{1,3}(\\.[0-9]{1,3}){3}';
const INET6 = '[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*';
const COMMAND: Schema = {
  description: 'The whole path of a program, and its arguments. There is no shell.',
  anyOf: [
    { type: 'string', pattern: '^/\\S*$' },
    { type: 'array', items: WORD, minItems: 1 },
  ],
  examples: [['/usr/local/bin/check', '--fast']],
};
const EXEC_TIMES = {
  interval: time('Time from one run to the next; at least 100ms.', DEFAULT_EXEC.intervalMs),
  timeout: time('A run that takes longer has failed; never longer than interval.', DEFAULT_EXEC.timeoutMs),
};

function backupRouter(what: string, address: string): Schema {
  return map(
    BACKUP_ROUTER_KEYS,
    {
      address: {
        description: `The gateway, or several in order of preference; it must be on the management network. Or auto: that of the default route which DHCP, a router advertisement or a container runtime put on the interface.`,
        ...oneOrMany({ type: 'string', pattern: `^(${address}|auto)$` }),
      },
      adopt: {
        description: 'With address: auto only. Takes that default route over, and gives it back on stop.',
        type: 'boolean',
        default: false,
      },
      destination: {
        description: 'What is reached through it: one prefix or many. Omitted: the default route.',
        ...oneOrMany({ type: 'string', pattern: `^${address}/[0-9]{1,3}$` }),
      },
    },
    { description: what, required: ['address'] },
  );
}

const ROUTERS = {
  'backup-router': backupRouter('The IPv4 backup router and what is reached through it.', INET),
  'inet6-backup-router': backupRouter('The IPv6 backup router and what is reached through it.', INET6),
};

const PROTOCOLS: Schema = {
  description: "Whose routes the daemon's are (rtm_protocol), by name or number: they are stale when it is dead.",
  ...oneOrMany({
    anyOf: [{ type: 'integer', minimum: 1, maximum: 255 }, { enum: Object.keys(ROUTE_PROTOCOLS) }],
  }),
};

/** A short form, and a long one in which route-protocols can stand as well. */
function generic(short: Schema, long: Schema): Schema {
  return { anyOf: [short, long] };
}

const DAEMONS: Readonly<Record<keyof typeof DAEMON_KEYS, Schema>> = {
  frr: map(
    DAEMON_KEYS.frr,
    {
      daemons: {
        description: 'Daemons of FRR; each is watched through its own vty socket.',
        ...oneOrMany({
          anyOf: [{ enum: FRR_DAEMONS }, { type: 'string', pattern: '^[A-Za-z0-9_-]{1,32}$' }],
        }),
        default: DEFAULT_FRR.daemons,
      },
      'socket-directory': {
        description: 'Where zebra.vty and the others are.',
        ...PATH,
        default: DEFAULT_FRR.socketDirectory,
      },
    },
    { description: 'FRR: each daemon named answers on its vty socket.' },
  ),
  bird: map(
    DAEMON_KEYS.bird,
    { socket: { description: 'The control socket of BIRD.', ...SOCKET_PATH, default: DEFAULT_BIRD.socket } },
    { description: 'BIRD 2 or 3 answers on its control socket.' },
  ),
  unit: {
    description: 'The systemd unit has processes.',
    ...generic(
      { type: 'string', pattern: '\\.(service|scope|slice)$' },
      map(
        DAEMON_KEYS.unit,
        {
          name: {
            type: 'string',
            pattern: '\\.(service|scope|slice)$',
            description: 'The whole name: frr.service.',
          },
          'route-protocols': PROTOCOLS,
        },
        { required: ['name'] },
      ),
    ),
  },
  pidfile: {
    description: 'The process whose number is in the file runs.',
    ...generic(
      PATH,
      map(
        DAEMON_KEYS.pidfile,
        { path: { ...PATH, description: 'Where the file is.' }, 'route-protocols': PROTOCOLS },
        { required: ['path'] },
      ),
    ),
  },
  process: {
    description: 'A process of that name runs.',
    ...generic(
      { type: 'string', minLength: 1 },
      map(
        DAEMON_KEYS.process,
        {
          name: { type: 'string', minLength: 1, description: "As 'ps -o comm' prints it, 15 bytes at most." },
          'route-protocols': PROTOCOLS,
        },
        { required: ['name'] },
      ),
    ),
  },
  socket: {
    description: 'The socket accepts a connection and keeps it open.',
    ...generic(
      { type: 'string', minLength: 1 },
      map(
        DAEMON_KEYS.socket,
        {
          path: { ...SOCKET_PATH, description: 'A unix stream socket.' },
          address: {
            type: 'string',
            description: "A loopback address and a port: 127.0.0.1:179, '[::1]:179'.",
          },
          'route-protocols': PROTOCOLS,
        },
        { oneOf: [{ required: ['path'] }, { required: ['address'] }] },
      ),
    ),
  },
  exec: map(
    DAEMON_KEYS.exec,
    { command: COMMAND, ...EXEC_TIMES, 'route-protocols': PROTOCOLS },
    { description: 'The command ends with status 0, in time.', required: ['command'] },
  ),
};

const DAEMON: Schema = {
  anyOf: [
    { enum: ['frr', 'bird'] },
    map(Object.keys(DAEMONS) as (keyof typeof DAEMONS)[], DAEMONS, { minProperties: 1, maxProperties: 1 }),
  ],
};

const STANZA = map(
  INTERFACE_KEYS,
  {
    name: { ...NAME, description: 'Its name, or one of its alternative names.' },
    mac: { ...MAC, description: 'Its MAC address.' },
    ...ROUTERS,
  },
  {
    oneOf: [{ required: ['name'] }, { required: ['mac'] }],
    anyOf: [{ required: ['backup-router'] }, { required: ['inet6-backup-router'] }],
  },
);

const SELECTOR = map(
  ['name', 'mac'],
  { name: NAME, mac: MAC },
  { oneOf: [{ required: ['name'] }, { required: ['mac'] }] },
);

const ROLE: Schema = {
  description:
    'primary: the routes go when the routing daemon is healthy. standby: they stay in always. Or where the word comes from.',
  anyOf: [
    { enum: ['primary', 'standby'] },
    map(
      ROLE_KEYS,
      {
        file: {
          ...PATH,
          description: 'The path of a file, watched, whose first word is primary (or master) or standby (or backup).',
        },
        exec: {
          description: 'A command that prints such a word.',
          anyOf: [COMMAND, map(ROLE_EXEC_KEYS, { command: COMMAND, ...EXEC_TIMES }, { required: ['command'] })],
        },
      },
      { minProperties: 1, maxProperties: 1 },
    ),
  ],
  default: 'primary',
};

/** The schema of the whole file. */
export function configSchema(): Schema {
  const properties: Readonly<Record<(typeof TOP_KEYS)[number], Schema>> = {
    'management-interface': {
      description:
        'The interface behind which the backup router is directly connected, by name or MAC address; or a list of interfaces in order of preference, each with backup routers of its own. It need not exist yet.',
      anyOf: [NAME, SELECTOR, STANZA, { type: 'array', items: STANZA, minItems: 1, maxItems: MAX_INTERFACES }],
    },
    ...ROUTERS,
    'routing-daemon': {
      description:
        'What must be healthy before the backup routes go: one, or a list of which all must be. Default: FRR with zebra.',
      ...oneOrMany(DAEMON),
    },
    withdraw: map(
      WITHDRAW_KEYS,
      {
        'hold-time': time(
          'The daemon must answer without a break for this long before the routes go.',
          DEFAULTS.holdMs,
        ),
        'convergence-timeout': time(
          'After that, wait at most this long until every destination is covered by a route of the daemon; 0 does not wait, as Junos.',
          DEFAULTS.convergenceTimeoutMs,
          true,
        ),
      },
      { description: 'How soon the backup routes go once the daemon is back.' },
    ),
    detect: map(
      DETECT_KEYS,
      {
        'probe-interval': time('Time between two questions to each daemon; at least 100ms.', DEFAULTS.probeIntervalMs),
        'probe-timeout': time(
          'A daemon that leaves a question unanswered this long counts as hung; not below probe-interval.',
          DEFAULTS.probeTimeoutMs,
        ),
      },
      { description: 'How a hang is noticed. A death is noticed at once.' },
    ),
    stale: map(
      STALE_KEYS,
      {
        'preempt-after': time(
          'Routes that a dead daemon left in the kernel keep the tie with a backup route this long.',
          DEFAULTS.preemptAfterMs,
          true,
        ),
      },
      { description: 'What happens to the routes that a dead daemon left in the kernel.' },
    ),
    placement: {
      description:
        'local: in tables of their own, for packets of this router itself only. main: in the main table. vrf: insists on the VRF of the interface; one that is in a VRF has its routes there in any case.',
      enum: ['local', 'main', 'vrf'],
      default: DEFAULTS.placement,
    },
    role: ROLE,
    'route-protocol': {
      description:
        'The protocol number that marks the routes of the agent. Everything with this number may be deleted by it.',
      type: 'integer',
      minimum: 1,
      maximum: 255,
      default: DEFAULTS.routeProtocol,
    },
    'table-base': {
      description: 'Routes to prefixes of length L are in table table-base + L.',
      type: 'integer',
      minimum: 1,
      maximum: 0xffffffff - 128,
      default: DEFAULTS.tableBase,
    },
    'rule-priority-base': {
      description: 'First of up to 258 rule priorities.',
      type: 'integer',
      minimum: 1,
      maximum: 32_508,
      default: DEFAULTS.rulePriorityBase,
    },
    'on-stop': {
      description: 'What becomes of the routes when the agent is stopped.',
      enum: ['keep', 'withdraw'],
      default: DEFAULTS.onStop,
    },
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'backup-router configuration',
    ...map(TOP_KEYS, properties, { required: ['management-interface'] }),
  };
}
