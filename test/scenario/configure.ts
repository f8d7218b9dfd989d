/**
 * `config` lines -> Config, over the product's own defaults. One key a line:
 *
 *   interface NAME|MAC        the first management interface (default: mgmt0)
 *   also NAME|MAC             one more; the gateways and destinations that follow are its own
 *   gateway ADDRESS...        in order of preference; one line a family (default: 10.255.0.1)
 *   without-gateway FAMILY... `address: none`
 *   onlink; source ADDRESS    of the stanza, of every family; of its own
 *   symmetric-replies         of the stanza, of every family
 *   destination PREFIX...     of either family (default: the default route)
 *   daemons NAME...           FRR daemons (default: zebra)
 *   role primary|standby|file|exec   what `file` and `exec` say: the action `role says`
 *   hold, convergence-timeout, probe-timeout, preempt-after, placement, on-stop, table-base, route-protocol, rule-priority-base
 */

import { DEFAULTS } from '../../src/config/settings.js';
import { type Address, FAMILIES, type Family, familyOf, parseAddress } from '../../src/model/address.js';
import type {
  BackupRouter,
  Config,
  InterfaceSelector,
  ManagementInterface,
  OnStop,
  Placement,
  RoleSource,
  Timeout,
} from '../../src/model/config.js';
import { defaultPrefix, type Prefix, parsePrefix } from '../../src/model/prefix.js';
import { parseTime } from './parse.js';

/** Where a role source of kind `file` is said to be. */
export const ROLE_FILE = '/run/role';

interface Stanza {
  readonly selector: InterfaceSelector;
  readonly gateways: ReadonlyMap<Family, readonly Address[]>;
  readonly destinations: readonly Prefix[];
  readonly onlink?: true;
  readonly source?: Address;
  readonly symmetricReplies?: boolean;
}

interface Draft {
  readonly stanzas: readonly Stanza[];
  readonly config: Omit<Config, 'managementInterfaces'>;
}

export function configure(lines: readonly string[]): Config {
  const first: Draft = {
    stanzas: [stanza('mgmt0')],
    config: { ...DEFAULTS, role: { kind: 'fixed', role: 'primary' } },
  };
  const { stanzas, config } = lines.reduce(applyLine, first);
  return { ...config, managementInterfaces: stanzas.map(managementInterface) };
}

function stanza(name: string): Stanza {
  return { selector: selector(name), gateways: new Map(), destinations: [] };
}

function selector(text: string): InterfaceSelector {
  return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text) ? { kind: 'mac', mac: text } : { kind: 'name', name: text };
}

function managementInterface({
  selector,
  gateways,
  destinations,
  onlink,
  source,
  symmetricReplies,
}: Stanza): ManagementInterface {
  const known = gateways.size > 0 ? gateways : new Map([['inet' as const, ['10.255.0.1']]]);
  const backupRouters = FAMILIES.flatMap((family): BackupRouter[] => {
    const own = known.get(family);
    const named = destinations.filter((destination) => destination.family === family);
    return own === undefined
      ? []
      : [
          {
            family,
            gateways: own,
            auto: undefined,
            ...(own.length === 0 ? { withoutGateway: true } : {}),
            ...(onlink === true ? { onlink } : {}),
            ...(source !== undefined && familyOf(source) === family ? { source } : {}),
            ...(symmetricReplies === true ? { symmetricReplies: true } : {}),
            destinations: named.length > 0 ? named : [defaultPrefix(family)],
          },
        ];
  });
  return { selector, backupRouters };
}

function applyLine(draft: Draft, line: string): Draft {
  const [key = '', ...values] = line.split(/\s+/);
  const value = values[0] ?? '';
  const set = (change: Partial<Draft['config']>): Draft => ({
    ...draft,
    config: { ...draft.config, ...change },
  });
  const last = draft.stanzas.at(-1)!;
  const edit = (change: Partial<Stanza>): Draft => ({
    ...draft,
    stanzas: [...draft.stanzas.slice(0, -1), { ...last, ...change }],
  });
  switch (key) {
    case 'interface':
      return {
        ...draft,
        stanzas: [{ ...draft.stanzas[0]!, selector: selector(value) }, ...draft.stanzas.slice(1)],
      };
    case 'also':
      return { ...draft, stanzas: [...draft.stanzas, stanza(value)] };
    case 'gateway': {
      const gateways = values.map((text) => must(parseAddress(text), `an address: ${text}`));
      return edit({ gateways: new Map(last.gateways).set(familyOf(gateways[0]!), gateways) });
    }
    case 'without-gateway':
      return edit({ gateways: new Map(values.map((family) => [oneOf(family, FAMILIES), []])) });
    case 'onlink':
      return edit({ onlink: true });
    case 'symmetric-replies':
      return edit({ symmetricReplies: value !== 'off' });
    case 'source':
      return edit({ source: must(parseAddress(value), `an address: ${value}`) });
    case 'destination':
      return edit({ destinations: values.map((text) => must(parsePrefix(text), `a prefix: ${text}`)) });
    case 'daemons':
      return set({ routingDaemons: [{ kind: 'frr', daemons: values, socketDirectory: '/run/frr' }] });
    case 'hold':
      return set({ holdMs: parseTime(value) });
    case 'convergence-timeout':
      return set({ convergenceTimeoutMs: timeout(value) });
    case 'probe-timeout':
      return set({ probeTimeoutMs: parseTime(value) });
    case 'preempt-after':
      return set({ preemptAfterMs: timeout(value) });
    case 'placement':
      return set({ placement: oneOf<Placement>(value, ['local', 'main', 'vrf']) });
    case 'role':
      return set({ role: roleSource(value) });
    case 'rule-priority-base':
      return set({ rulePriorityBase: Number(value) });
    case 'on-stop':
      return set({ onStop: oneOf<OnStop>(value, ['keep', 'withdraw']) });
    case 'table-base':
      return set({ tableBase: Number(value) });
    case 'route-protocol':
      return set({ routeProtocol: Number(value) });
    default:
      throw new SyntaxError(`config: unknown key ${key}`);
  }
}

function roleSource(value: string): RoleSource {
  const word = oneOf(value, ['primary', 'standby', 'file', 'exec'] as const);
  if (word === 'exec') return { kind: 'exec', command: ['/bin/role'], intervalMs: 5_000, timeoutMs: 2_000 };
  return word === 'file' ? { kind: 'file', path: ROLE_FILE } : { kind: 'fixed', role: word };
}

function timeout(text: string): Timeout {
  return text === 'never' ? 'never' : parseTime(text);
}

function oneOf<T extends string>(text: string, allowed: readonly T[]): T {
  return must(
    allowed.find((one) => one === text),
    `one of ${allowed.join(', ')}: ${text}`,
  );
}

function must<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new SyntaxError(`config: not ${what}`);
  return value;
}
