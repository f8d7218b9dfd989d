/**
 * The meaning of a configuration text as JSON, so that a start need not parse the YAML of an unchanged file again. Pure.
 *
 * What was compiled counts only for the very same text, build and host name (Junos groups depend on it), and only when it has the shape
 * of a configuration; anything else is no compiled configuration, and the text is parsed.
 */

import type { Config } from '../model/config.js';
import type { Diagnostic } from './diagnostic.js';

/** What the meaning of a text depends on, beside the text. */
export interface Circumstances {
  /** Digest of the code that parsed it. */
  readonly build: string;
  readonly host: string;
}

export interface Compiled {
  readonly text: string;
  readonly config: Config;
  /** Warnings; a text with errors is never compiled. */
  readonly diagnostics: readonly Diagnostic[];
}

export function writeCompiled(compiled: Compiled, { build, host }: Circumstances): string {
  const { text, config, diagnostics } = compiled;
  return `${JSON.stringify({ build, host, text, config, diagnostics })}\n`;
}

/** undefined for anything that {@link writeCompiled} has not written in these circumstances. */
export function readCompiled(json: string, { build, host }: Circumstances): Compiled | undefined {
  try {
    const value = JSON.parse(json) as Partial<Compiled & Circumstances>;
    if (value.build !== build || value.host !== host || typeof value.text !== 'string') return undefined;
    if (!isConfig(value.config) || !listOf(isDiagnostic)(value.diagnostics)) return undefined;
    return {
      text: value.text,
      config: value.config,
      diagnostics: value.diagnostics as readonly Diagnostic[],
    };
  } catch {
    return undefined;
  }
}

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const timeout: Check = (value) => value === 'never' || number(value);
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string);
const listOf =
  (check: Check, least = 0): Check =>
  (value) =>
    Array.isArray(value) && value.length >= least && value.every(check);
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check((value as Readonly<Record<string, unknown>>)[name]));
/** One of several shapes, told apart by `kind`. */
const variant =
  (kinds: Readonly<Record<string, Check>>): Check =>
  (value) => {
    const kind = (value as { readonly kind?: unknown } | null)?.kind;
    return typeof kind === 'string' && Object.hasOwn(kinds, kind) && kinds[kind]!(value);
  };

const family = oneOf('inet', 'inet6');
const command = listOf(text, 1);
const generic = { routeProtocols: listOf(number) };
const isDiagnostic = shape({
  severity: oneOf('warning'),
  code: text,
  message: text,
  file: text,
  line: number,
  column: number,
});

const isBackupRouter = shape({
  family,
  gateways: listOf(text),
  auto: maybe(shape({ adopt: (value) => typeof value === 'boolean' })),
  destinations: listOf(shape({ family, address: text, length: number, bits: listOf(number, 1) }), 1),
});

const isDaemon = variant({
  frr: shape({ daemons: listOf(text, 1), socketDirectory: text }),
  bird: shape({ socket: text }),
  unit: shape({ ...generic, unit: text }),
  pidfile: shape({ ...generic, path: text }),
  process: shape({ ...generic, name: text }),
  socket: shape({
    ...generic,
    endpoint: variant({ unix: shape({ path: text }), tcp: shape({ host: text, port: number }) }),
  }),
  exec: shape({ ...generic, command, intervalMs: number, timeoutMs: number }),
});

const hasConfigShape = shape({
  managementInterfaces: listOf(
    shape({
      selector: variant({ name: shape({ name: text }), mac: shape({ mac: text }) }),
      backupRouters: listOf(isBackupRouter, 1),
    }),
    1,
  ),
  routingDaemons: listOf(isDaemon, 1),
  holdMs: number,
  convergenceTimeoutMs: timeout,
  probeIntervalMs: number,
  probeTimeoutMs: number,
  preemptAfterMs: timeout,
  placement: oneOf('local', 'main', 'vrf'),
  role: variant({
    fixed: shape({ role: oneOf('primary', 'standby') }),
    file: shape({ path: text }),
    exec: shape({ command, intervalMs: number, timeoutMs: number }),
  }),
  routeProtocol: number,
  tableBase: number,
  rulePriorityBase: number,
  onStop: oneOf('keep', 'withdraw'),
});

function isConfig(value: unknown): value is Config {
  return hasConfigShape(value);
}
