/**
 * One stanza: `backup-router` or `inet6-backup-router`.
 *
 * Invariant: the default route is assumed only if the stanza has no `destination` and no unknown
 * key that could have been meant as one.
 */

import { FAMILIES, type Family } from '../model/address.js';
import type { BackupRouter } from '../model/config.js';
import { defaultPrefix, prefixText } from '../model/prefix.js';
import { readDestinations } from './destinations.js';
import type { Entry, Value } from './document.js';
import { FAMILY_NAME, type GatewaysResult, NO_GATEWAYS, readGateways, readSource, STANZA } from './gateways.js';
import { type Key, mapping, namesOf } from './key.js';
import { gluedKey } from './key-slips.js';
import type { Report } from './report.js';
import { oneOrMany } from './schema.js';
import { readBoolean, readSection, type Section } from './section.js';
import { flow, word } from './yaml-text.js';

/** Loose address patterns, for the schema. */
const ADDRESS: Readonly<Record<Family, string>> = {
  inet: '[0-9]{1,3}(\\.[0-9]{1,3}){3}',
  inet6: '[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*',
};

/** The keys of the stanza, by family. */
export const ROUTER_KEYS: Readonly<Record<Family, readonly Key[]>> = { inet: keysOf('inet'), inet6: keysOf('inet6') };

function keysOf(family: Family): readonly Key[] {
  return [
    {
      key: 'address',
      words:
        'The gateway, or several in order of preference; it must be on the management network. Or auto: that of the default route which DHCP, a router advertisement or a container runtime put on the interface. Or none: the interface has no neighbours.',
      more: 'The gateway, or a list in order of preference; link-local without `%eth0`. Or `auto`, or `none` (see below).',
      schema: oneOrMany({ type: 'string', pattern: `^(${ADDRESS[family]}|auto|none)$` }),
      required: true,
      aliases: [
        'gateway',
        'gateways',
        'gateway4',
        'gateway6',
        'default-gateway',
        'gw',
        'via',
        'next-hop',
        'nexthop',
        'router',
        'ip',
      ],
      example: family === 'inet' ? '192.0.2.1' : 'fe80::1',
    },
    {
      key: 'adopt',
      words: 'With address: auto only. Takes that default route over, and gives it back on stop.',
      more: 'With `address: auto`: take over the default route that the gateway comes from.',
      schema: { type: 'boolean' },
      fallback: false,
    },
    {
      key: 'source',
      words: 'The preferred source address of packets that go this way. Omitted: the kernel chooses.',
      more: 'The preferred source address (`src` of `ip route`). While this host does not have it, the routes are in without it, and `status` says so.',
      schema: { type: 'string', pattern: `^${ADDRESS[family]}$` },
      aliases: ['src', 'prefsrc', 'preferred-source', 'source-address', 'from'],
      fallbackWords: "the kernel's choice",
    },
    {
      key: 'onlink',
      words: 'The gateway is on this link although no route of the kernel says so, as on a port with a /32.',
      more: 'The gateway is on this link although no route says so, as on a port with a `/32`.',
      schema: { type: 'boolean' },
      fallback: false,
    },
    {
      key: 'symmetric-replies',
      words:
        'Packets from an address of the interface go by this backup router whatever the routing daemon does, so what is asked on the interface is answered there.',
      more: 'Replies leave by the management network also while the routing daemon is healthy ([below](#symmetric-replies)).',
      schema: { type: 'boolean' },
      fallback: false,
    },
    {
      key: 'destination',
      words: 'What is reached through it: one prefix or many. Omitted: the default route.',
      more: 'One prefix or a list. `10.0.0.0/8`, not `10/8`, not `10.0.0.0/255.0.0.0`.',
      schema: oneOrMany({ type: 'string', pattern: `^${ADDRESS[family]}/[0-9]{1,3}$` }),
      aliases: ['to', 'dst', 'dest', 'prefix', 'prefixes', 'network', 'networks', 'subnet', 'route', 'routes'],
      fallbackWords: 'the default route',
    },
  ];
}

/** The two stanzas as keys of the top level of the file, or of one management interface. */
export const STANZA_KEYS: readonly Key[] = FAMILIES.map((family) => ({
  key: STANZA[family],
  words: `The ${FAMILY_NAME[family]} backup router and what is reached through it.`,
  ...(family === 'inet6'
    ? { more: 'The same for IPv6. At least one of the two is required, for each management interface.' }
    : {}),
  schema: mapping(ROUTER_KEYS[family]),
  aliases: family === 'inet' ? ['gateway4', 'gateway', 'default-gateway', 'defaultgateway'] : ['gateway6'],
  example: `{address: ${family === 'inet' ? '192.0.2.1' : 'fe80::1'}}`,
}));

/** The stanza as lines of YAML. */
export function writeBackupRouter(router: BackupRouter): readonly string[] {
  const { family, gateways, auto, withoutGateway, source, onlink, symmetricReplies, destinations } = router;
  const listed = gateways.length === 1 ? word(gateways[0]!) : flow(gateways);
  const address = auto !== undefined ? 'auto' : withoutGateway === true ? 'none' : listed;
  const lines = [`${STANZA[family]}:`, `  address: ${address}`];
  if (auto?.adopt === true) lines.push('  adopt: true');
  if (source !== undefined) lines.push(`  source: ${word(source)}`);
  if (onlink === true) lines.push('  onlink: true');
  if (symmetricReplies === true) lines.push('  symmetric-replies: true');
  if (destinations.length === 1 && destinations[0]!.length === 0) return lines;
  const list = destinations.length === 1 ? word(prefixText(destinations[0]!)) : flow(destinations.map(prefixText));
  return list.length <= 100
    ? [...lines, `  destination: ${list}`]
    : [...lines, '  destination:', ...destinations.map((one) => `    - ${word(prefixText(one))}`)];
}

export interface StanzaResult {
  /** undefined if the stanza has no valid gateway or no valid destination. */
  readonly backupRouter: BackupRouter | undefined;
  /** The stanza does not mention destinations, so it gets the default route. */
  readonly assumedDefault: boolean;
  /**
   * Offset of the stanza's `destination` key. undefined if there is no such key, or no `address`
   * beside it: the destination may then belong to another stanza. Two stanzas that are aliases of
   * one anchor have the same offset.
   */
  readonly destinationAt: number | undefined;
}

const NOTHING: StanzaResult = { backupRouter: undefined, assumedDefault: false, destinationAt: undefined };

/** Reads the stanza of the family. All faults go into the report. */
export function readBackupRouter(entry: Entry, family: Family, report: Report): StanzaResult {
  const name = STANZA[family];
  if (entry.value.kind === 'scalar') {
    report.error(entry.value.span, {
      code: 'wrong-type',
      message: `${name} must be a mapping`,
      suggestion:
        gluedKey(entry.value.text, namesOf(ROUTER_KEYS[family])) ?? `write ${name}: {address: ${entry.value.text}}`,
    });
    return NOTHING;
  }
  if (entry.value.kind === 'list') {
    const addresses = entry.value.items.flatMap((item) => addressIn(item) ?? []);
    report.error(entry.value.span, {
      code: 'wrong-type',
      message: `${name} must be one mapping, not a list; only its address may be a list`,
      suggestion: `write ${name}: {address: ${addresses.length === 0 ? '[FIRST, SECOND]' : flow(addresses)}}`,
    });
    return NOTHING;
  }
  const section = readSection(entry.value, name, ROUTER_KEYS[family], report);
  if (section === undefined) return NOTHING;
  const address = section.get('address');
  if (!section.has('address'))
    report.error(entry.keySpan, {
      code: 'missing-key',
      message: `${name} has no 'address'`,
      suggestion: section.has('adopt')
        ? "add 'address: auto', which is what 'adopt' goes with"
        : "add 'address:' with the address of the router on the management network",
    });
  const found: GatewaysResult = address === undefined ? NO_GATEWAYS : readGateways(address, family, report);
  const adopt = readAdopt(section, found, report);
  const source = readSource(section.get('source'), family, found.gateways, report);
  const onlink = readOnlink(section, found, report);
  const symmetricReplies = readBoolean(section.get('symmetric-replies'), report) ?? false;
  const { gateways } = found;
  const destination = section.get('destination');
  const assumedDefault = !section.has('destination') && section.unknownKeys.length === 0;
  const destinations =
    destination !== undefined
      ? readDestinations(destination, family, gateways, report)
      : assumedDefault
        ? [defaultPrefix(family)]
        : [];
  const complete = (found.auto || found.none || gateways.length > 0) && destinations.length > 0;
  const backupRouter: BackupRouter | undefined = complete
    ? {
        family,
        gateways,
        auto: found.auto ? { adopt } : undefined,
        ...(found.none ? { withoutGateway: true } : {}),
        ...(onlink ? { onlink: true } : {}),
        ...(source === undefined ? {} : { source }),
        ...(symmetricReplies ? { symmetricReplies: true } : {}),
        destinations,
      }
    : undefined;
  return {
    backupRouter,
    assumedDefault,
    destinationAt: section.keyAt('address') !== undefined ? section.keyAt('destination') : undefined,
  };
}

/** The address of one stanza in a list of stanzas, or the item itself if it is a scalar. */
function addressIn(item: Value): string | undefined {
  if (item.kind === 'scalar') return item.text;
  const value = item.kind === 'map' ? item.entries.find(({ key }) => key === 'address')?.value : undefined;
  return value?.kind === 'scalar' ? value.text : undefined;
}

/** Whether the default route found by `auto` is adopted. In doubt it is not. */
function readAdopt(section: Section, { auto, mentionsAuto }: GatewaysResult, report: Report): boolean {
  const entry = section.get('adopt');
  const adopt = readBoolean(entry, report) ?? false;
  // If there is no usable address, only that fault is reported.
  if (entry === undefined || mentionsAuto || !section.has('address')) return auto && adopt;
  report.error(entry.keySpan, {
    code: 'adopt-without-auto',
    message:
      "'adopt' takes over the default route in which 'address: auto' finds the gateway; the address is given here",
    suggestion: "remove it, or write 'address: auto'",
  });
  return false;
}

/** `onlink` needs a gateway: it is a fault beside `address: none`. */
function readOnlink(section: Section, { none }: GatewaysResult, report: Report): boolean {
  const entry = section.get('onlink');
  const onlink = readBoolean(entry, report) ?? false;
  if (entry === undefined || !onlink || !none) return onlink && !none;
  report.error(entry.keySpan, {
    code: 'onlink-without-gateway',
    message: "'onlink' is a property of the gateway, and with 'address: none' there is none",
    suggestion: 'remove it',
  });
  return false;
}
