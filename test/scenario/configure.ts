/**
 * `config` lines -> Config, over the product's own defaults. One key a line:
 *
 *   gateway ADDRESS...        in order of preference; one line a family (default: 10.255.0.1)
 *   destination PREFIX...     of either family (default: the default route)
 *   daemons NAME...           FRR daemons (default: zebra)
 *   interface, hold, convergence-timeout, probe-timeout, preempt-after, placement, role, on-stop, table-base
 */

import { DEFAULTS } from '../../src/config/defaults.js';
import { FAMILIES, familyOf, parseAddress, type Address, type Family } from '../../src/model/address.js';
import type { BackupRouter, Config, OnStop, Placement, Role, Timeout } from '../../src/model/config.js';
import { defaultPrefix, parsePrefix, type Prefix } from '../../src/model/prefix.js';
import { parseTime } from './parse.js';

interface Draft {
  readonly gateways: ReadonlyMap<Family, readonly Address[]>;
  readonly destinations: readonly Prefix[];
  readonly config: Omit<Config, 'backupRouters'>;
}

export function configure(lines: readonly string[]): Config {
  const draft = lines.reduce(applyLine, { gateways: new Map(), destinations: [], config: { ...DEFAULTS, managementInterface: 'mgmt0' } } as Draft);
  const gateways = draft.gateways.size > 0 ? draft.gateways : new Map([['inet' as const, ['10.255.0.1']]]);
  const backupRouters = FAMILIES.flatMap((family): BackupRouter[] => {
    const own = gateways.get(family);
    const destinations = draft.destinations.filter((destination) => destination.family === family);
    return own === undefined ? [] : [{ family, gateways: own, destinations: destinations.length > 0 ? destinations : [defaultPrefix(family)] }];
  });
  return { ...draft.config, backupRouters };
}

function applyLine(draft: Draft, line: string): Draft {
  const [key = '', ...values] = line.split(/\s+/);
  const value = values[0] ?? '';
  const set = (change: Partial<Draft['config']>): Draft => ({ ...draft, config: { ...draft.config, ...change } });
  switch (key) {
    case 'gateway': {
      const gateways = values.map((text) => must(parseAddress(text), `an address: ${text}`));
      return { ...draft, gateways: new Map(draft.gateways).set(familyOf(gateways[0]!), gateways) };
    }
    case 'destination': return { ...draft, destinations: values.map((text) => must(parsePrefix(text), `a prefix: ${text}`)) };
    case 'daemons': return set({ routingDaemons: [{ kind: 'frr', daemons: values, socketDirectory: '/run/frr' }] });
    case 'interface': return set({ managementInterface: value });
    case 'hold': return set({ holdMs: parseTime(value) });
    case 'convergence-timeout': return set({ convergenceTimeoutMs: timeout(value) });
    case 'probe-timeout': return set({ probeTimeoutMs: parseTime(value) });
    case 'preempt-after': return set({ preemptAfterMs: timeout(value) });
    case 'placement': return set({ placement: oneOf<Placement>(value, ['local', 'main']) });
    case 'role': return set({ role: oneOf<Role>(value, ['primary', 'standby']) });
    case 'on-stop': return set({ onStop: oneOf<OnStop>(value, ['keep', 'withdraw']) });
    case 'table-base': return set({ tableBase: Number(value) });
    default: throw new SyntaxError(`config: unknown key ${key}`);
  }
}

function timeout(text: string): Timeout {
  return text === 'never' ? 'never' : parseTime(text);
}

function oneOf<T extends string>(text: string, allowed: readonly T[]): T {
  return must(allowed.find((one) => one === text), `one of ${allowed.join(', ')}: ${text}`);
}

function must<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new SyntaxError(`config: not ${what}`);
  return value;
}
