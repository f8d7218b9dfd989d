/**
 * {@link Config} -> YAML, as a person would write it: what has its default is left out.
 *
 * Invariant: what is written reads back as the same configuration.
 */

import {
  type BackupRouter,
  type Config,
  type InterfaceSelector,
  type RoleSource,
  type RoutingDaemon,
  selectorText,
  type Timeout,
} from '../model/config.js';
import { prefixText } from '../model/prefix.js';
import { DEFAULTS } from './defaults.js';
import { formatDuration } from './duration.js';
import { STANZA } from './gateways.js';

/** `notes` are put as comments in front of what they are about: the stanza of a family, or the whole file (`top`). */
export interface Notes {
  readonly top?: readonly string[];
  readonly inet?: readonly string[];
  readonly inet6?: readonly string[];
}

/** The configuration as YAML. */
export function writeYaml(config: Config, notes: Notes = {}): string {
  const lines = [...comments(notes.top), ...interfaces(config, notes)];
  const changed = <K extends keyof typeof DEFAULTS>(key: K): boolean =>
    JSON.stringify(config[key]) !== JSON.stringify(DEFAULTS[key]);
  const section = (name: string, entries: readonly (readonly [string, keyof typeof DEFAULTS])[]): void => {
    const written = entries
      .filter(([, key]) => changed(key))
      .map(([word, key]) => `${word}: ${time(config[key] as Timeout)}`);
    if (written.length > 0) lines.push(`${name}: {${written.join(', ')}}`);
  };
  if (changed('routingDaemons'))
    lines.push('routing-daemon:', ...config.routingDaemons.map((daemon) => `  - ${flow(daemonValue(daemon))}`));
  section('withdraw', [
    ['hold-time', 'holdMs'],
    ['convergence-timeout', 'convergenceTimeoutMs'],
  ]);
  section('detect', [
    ['probe-interval', 'probeIntervalMs'],
    ['probe-timeout', 'probeTimeoutMs'],
  ]);
  section('stale', [['preempt-after', 'preemptAfterMs']]);
  if (changed('placement')) lines.push(`placement: ${config.placement}`);
  if (changed('role')) lines.push(`role: ${flow(roleValue(config.role))}`);
  if (changed('routeProtocol')) lines.push(`route-protocol: ${config.routeProtocol}`);
  if (changed('tableBase')) lines.push(`table-base: ${config.tableBase}`);
  if (changed('rulePriorityBase')) lines.push(`rule-priority-base: ${config.rulePriorityBase}`);
  if (changed('onStop')) lines.push(`on-stop: ${config.onStop}`);
  return `${lines.join('\n')}\n`;
}

function interfaces({ managementInterfaces }: Config, notes: Notes): readonly string[] {
  const [only, ...others] = managementInterfaces;
  if (others.length === 0)
    return [
      `management-interface: ${only!.selector.kind === 'mac' ? `{mac: ${only!.selector.mac}}` : word(only!.selector.name)}`,
      ...stanzas(only!.backupRouters, notes),
    ];
  return [
    'management-interface:',
    ...managementInterfaces.flatMap(({ selector, backupRouters }) => [
      `  - ${selectorEntry(selector)}`,
      ...stanzas(backupRouters, notes).map((line) => `    ${line}`),
    ]),
  ];
}

function selectorEntry(selector: InterfaceSelector): string {
  return `${selector.kind}: ${word(selectorText(selector))}`;
}

function stanzas(routers: readonly BackupRouter[], notes: Notes): readonly string[] {
  return routers.flatMap((router) => {
    const { family, gateways, auto, destinations } = router;
    const address = auto !== undefined ? 'auto' : gateways.length === 1 ? word(gateways[0]!) : flow(gateways);
    const lines = [...comments(notes[family]), `${STANZA[family]}:`, `  address: ${address}`];
    if (auto?.adopt === true) lines.push('  adopt: true');
    if (destinations.length === 1 && destinations[0]!.length === 0) return lines;
    const list = destinations.length === 1 ? word(prefixText(destinations[0]!)) : flow(destinations.map(prefixText));
    return list.length <= 100
      ? [...lines, `  destination: ${list}`]
      : [...lines, '  destination:', ...destinations.map((one) => `    - ${word(prefixText(one))}`)];
  });
}

function comments(notes: readonly string[] = []): readonly string[] {
  return notes.map((note) => `# ${note.replace(/[^\x20-\x7e]/g, '?')}`);
}

/** A value in flow style. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, inner]) => `${key}: ${flow(inner)}`)
      .join(', ')}}`;
  return typeof value === 'string' ? word(value) : String(value);
}

/** Bare where YAML, of any version, cannot take it for anything else; a JSON string is one of YAML. */
function word(text: string): string {
  const safe = /^[A-Za-z/][\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n|nan|inf)$/i.test(text);
  const address =
    /^(?:\d{1,3}\.){3}\d{1,3}(?:\/\d+)?$/.test(text) ||
    (/^[\da-f]+:[\da-f:]*:[\da-f:.]*[\da-f](?:\/\d+)?$/i.test(text) && /[a-f]|::/i.test(text));
  const plain = safe || address || /^\d+(?:ms|s|m|h)$/.test(text);
  return plain
    ? text
    : JSON.stringify(text).replace(
        /[\u007f-\u009f\u2028\u2029\ufeff]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
}

function time(value: Timeout): string {
  return value === 'never' ? value : formatDuration(value);
}

function daemonValue(daemon: RoutingDaemon): unknown {
  switch (daemon.kind) {
    case 'frr':
      return { frr: { daemons: daemon.daemons, 'socket-directory': daemon.socketDirectory } };
    case 'bird':
      return { bird: { socket: daemon.socket } };
    case 'unit':
      return { unit: { name: daemon.unit, ...protocols(daemon) } };
    case 'pidfile':
      return { pidfile: { path: daemon.path, ...protocols(daemon) } };
    case 'process':
      return { process: { name: daemon.name, ...protocols(daemon) } };
    case 'socket':
      return { socket: { ...endpoint(daemon.endpoint), ...protocols(daemon) } };
    case 'exec':
      return {
        exec: {
          command: daemon.command,
          interval: formatDuration(daemon.intervalMs),
          timeout: formatDuration(daemon.timeoutMs),
          ...protocols(daemon),
        },
      };
    default:
      return daemon satisfies never;
  }
}

function endpoint(at: Extract<RoutingDaemon, { readonly kind: 'socket' }>['endpoint']): object {
  if (at.kind === 'unix') return { path: at.path };
  return { address: at.host.includes(':') ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}` };
}

function protocols({ routeProtocols }: { readonly routeProtocols: readonly number[] }): object {
  return routeProtocols.length === 0 ? {} : { 'route-protocols': routeProtocols };
}

function roleValue(role: RoleSource): unknown {
  switch (role.kind) {
    case 'fixed':
      return role.role;
    case 'file':
      return { file: role.path };
    case 'exec':
      return {
        exec: {
          command: role.command,
          interval: formatDuration(role.intervalMs),
          timeout: formatDuration(role.timeoutMs),
        },
      };
    default:
      return role satisfies never;
  }
}
