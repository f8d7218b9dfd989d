/**
 * `system backup-router` and `system inet6-backup-router`: from the statements of the level to a
 * backup router.
 *
 * The address has one value: the last one set in the first source that has any. Destinations are
 * collected from all sources, as Junos does with lists.
 *
 * Invariant: the default route is assumed only if there is nothing, read or lost, that could have
 * been a destination.
 */

import {
  type Address,
  addressBytes,
  addressFromBytes,
  type Family,
  familyBits,
  familyOf,
  parseAddress,
} from '../../model/address.js';
import type { BackupRouter } from '../../model/config.js';
import { defaultPrefix, prefix, prefixText } from '../../model/prefix.js';
import { closest } from '../closest.js';
import { readDestinations } from '../destinations.js';
import { quote } from '../diagnostic.js';
import type { ScalarValue } from '../document.js';
import { readGateways, STANZA } from '../gateways.js';
import { maskLength } from '../prefix-text.js';
import type { Report, Span } from '../report.js';
import { unfilled } from '../unseen.js';
import type { HierarchyLevel } from './groups.js';
import { isValue, type Statement } from './tree.js';

export interface RouterResult {
  /** undefined if there is no valid address or no valid destination. */
  readonly backupRouter: BackupRouter | undefined;
  /** Destinations are not mentioned, so the default route was assumed. */
  readonly assumedDefault: boolean;
  /** Active statements of the backup router were found, valid or not. */
  readonly found: boolean;
  /** The groups that contributed to it. */
  readonly groups: readonly string[];
}

const KEYWORDS = ['destination', 'apply-groups', 'apply-groups-except'] as const;

/** Reads the backup router of the family from the level. All faults go into the report. */
export function readRouter(level: HierarchyLevel, family: Family, report: Report): RouterResult {
  const name = STANZA[family];
  const sources = level.sources.map(({ statement, group }) => ({ group, ...sortOut(statement) }));
  const addressed = sources.find(({ addresses }) => addresses.length > 0);
  // A destination that several groups have is one item of the list, as on Junos.
  const words = new Set<string>();
  const destinations = sources
    .flatMap((source) => source.destinations)
    .filter(({ word }) => !words.has(word) && words.add(word));
  const strange = sources.flatMap((source) => source.strange);
  const mentioned = sources.flatMap((source) => source.mentioned);
  const found = addressed !== undefined || destinations.length > 0 || strange.length > 0 || mentioned.length > 0;
  const groups = [
    ...new Set(
      sources.flatMap(({ group, addresses, destinations: list }) =>
        group !== undefined && addresses.length + list.length > 0 ? [group] : [],
      ),
    ),
  ];
  if (!found) return { backupRouter: undefined, assumedDefault: false, found: false, groups };

  const behind = sources.flatMap((source) => source.behind);
  const late = addressed === undefined ? behind.find(({ word }) => parseAddress(word) !== undefined) : undefined;
  for (const { word, span, pieces } of behind)
    report.error(span, {
      code: 'unknown-key',
      message: `${quote(word)} follows a destination`,
      suggestion:
        pieces !== undefined
          ? `write 'destination ${pieces}'`
          : late?.word === word
            ? `write the address first: '${name} ${word} destination PREFIX'`
            : "several destinations are a list: 'destination [ 10.0.0.0/8 172.16.0.0/12 ]'",
    });
  for (const { word, span, children } of strange) {
    const near = closest(word, ['destination']);
    const value = [...(children?.keys() ?? [])].find((child) => parseAddress(child) !== undefined);
    report.error(span, {
      code: 'unknown-key',
      message: `unknown statement ${quote(word)} in ${name}`,
      suggestion:
        near !== undefined
          ? `did you mean '${near}'?`
          : value !== undefined
            ? `write '${STANZA[familyOf(value as Address)]} ${value}'`
            : `${name} takes an address and 'destination'`,
    });
  }
  for (const list of mentioned)
    if ((list.children?.size ?? 0) === 0)
      report.error(list.span, {
        code: 'empty-value',
        message: "'destination' without a prefix",
        suggestion: 'name one, or remove the word for the default route',
      });
  const gateways = addressed === undefined ? [] : readAddress(addressed.addresses, name, family, report);
  if (addressed === undefined && late === undefined && (destinations.length > 0 || strange.length === 0)) {
    const place = destinations[0] ?? mentioned[0] ?? level.sources[0]?.statement;
    report.error(place?.span ?? { start: 0, end: 1 }, {
      code: 'missing-key',
      message: `${name} has no address`,
      suggestion: `write 'set system ${name} ADDRESS', with the address of the router on the management network`,
    });
  }
  const assumedDefault = mentioned.length === 0 && strange.length === 0;
  const items = masked(destinations, family, report);
  const prefixes =
    destinations.length > 0
      ? readDestinations(
          {
            key: 'destination',
            keySpan: destinations[0]!.span,
            value: { kind: 'list', span: destinations[0]!.span, items },
          },
          family,
          gateways,
          report,
        )
      : assumedDefault
        ? [defaultPrefix(family)]
        : [];
  const backupRouter =
    gateways.length > 0 && prefixes.length > 0
      ? { family, gateways, auto: undefined, destinations: prefixes }
      : undefined;
  return { backupRouter, assumedDefault, found, groups };
}

/** The prefix written in two words, `10.0.0.0 /8` or with a mask; undefined if it is none. */
function joined(word: string, next: string): string | undefined {
  const address = parseAddress(word.replace(/\/$/, ''));
  const mask = /^255\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(next) ? maskLength(next) : undefined;
  const length = mask ?? (word.endsWith('/') || next.startsWith('/') ? Number(next.replace(/^\//, '')) : Number.NaN);
  if (address === undefined || !(length <= familyBits(familyOf(address)))) return undefined;
  return prefixText(prefix(address, length));
}

interface Sorted {
  readonly addresses: readonly Statement[];
  readonly destinations: readonly Statement[];
  /** The `destination` statements themselves. */
  readonly mentioned: readonly Statement[];
  readonly strange: readonly Statement[];
  /** Words after a destination that are not destinations. */
  readonly behind: readonly Behind[];
}

interface Behind extends Statement {
  /** The prefix, if the word and the destination before it are its pieces. */
  readonly pieces: string | undefined;
}

function sortOut(statement: Statement): Sorted {
  const children = [...(statement.children?.values() ?? [])].filter(({ inactive }) => !inactive);
  const unknown = children.filter(({ word }) => !(KEYWORDS as readonly string[]).includes(word));
  // A single word that is not a misspelt keyword was meant as the address.
  const addresses = unknown.filter(
    (child) =>
      isValue(statement, child.word) ||
      ((child.children === undefined || child.word.includes('.') || unfilled(child.word) !== undefined) &&
        closest(child.word, KEYWORDS) === undefined),
  );
  const mentioned = children.filter(({ word }) => word === 'destination');
  const { destinations, behind } = valuesOf(mentioned);
  return {
    behind,
    addresses,
    destinations,
    mentioned: mentioned.filter((list) => list.children === undefined || destinations.length > 0),
    strange: unknown.filter((child) => !addresses.includes(child)),
  };
}

/** The destinations of the lists. `destination A destination B` in one statement gives two. */
function valuesOf(lists: readonly Statement[]): Pick<Sorted, 'destinations' | 'behind'> {
  const destinations: Statement[] = [];
  const behind: Behind[] = [];
  const open = [...lists].reverse();
  for (let list = open.pop(); list !== undefined; list = open.pop()) {
    for (const value of list.children?.values() ?? []) {
      if (value.inactive) continue;
      const rest: Behind[] = [];
      for (const next of value.children?.values() ?? []) {
        if (next.inactive) continue;
        if (next.word === 'destination') open.push(next);
        else rest.push({ ...next, pieces: joined(value.word, next.word) });
      }
      // A piece of a prefix is no destination, and no fault of its own.
      if (!rest.some(({ pieces }) => pieces !== undefined)) destinations.push(value);
      behind.push(...rest);
    }
  }
  return { destinations, behind };
}

/** Reads the address. The last one set counts. */
function readAddress(
  addresses: readonly Statement[],
  name: string,
  family: Family,
  report: Report,
): BackupRouter['gateways'] {
  const last = addresses.reduce((a, b) => (b.span.start >= a.span.start ? b : a));
  for (const other of addresses) {
    if (other !== last)
      report.warning(other.span, {
        code: 'overridden',
        message: `${name} has one address, and ${last.word} in line ${report.lineOf(last.span.start)} takes the place of ${quote(other.word)}`,
        suggestion: 'remove one of them; a list of backup routers, in order of preference, is possible in YAML',
      });
  }
  if (/^[a-z]+$/i.test(last.word)) {
    report.error(last.span, {
      code: 'address-syntax',
      message: `${quote(last.word)} is not an IP address`,
      suggestion: `write 'set system ${name} ADDRESS'`,
    });
    return [];
  }
  return readGateways({ key: name, keySpan: last.span, value: scalar(last.word, last.span) }, family, report).gateways;
}

/**
 * Junos reads a prefix with host bits as the network that contains it. That is rarely what was
 * meant, so there is a warning.
 */
function masked(destinations: readonly Statement[], family: Family, report: Report): readonly ScalarValue[] {
  const exact = new Set(destinations.map(({ word }) => word));
  const seen = new Set<string>();
  let comma = false;
  return destinations.flatMap(({ word: raw, span }) => {
    const written = raw.replace(/,$/, '');
    if (written !== raw && !comma)
      report.error(
        { start: span.end - 1, end: span.end },
        {
          code: 'syntax',
          message: 'the items of a list have no comma between them',
          suggestion: 'write [ 10.0.0.0/8 172.16.0.0/12 ]',
        },
      );
    comma ||= written !== raw;
    const word = completed(written, span, family, report);
    const network = networkOf(word, family);
    if (network === undefined) return [scalar(word, span)];
    const listed = exact.has(network.text) || seen.has(network.text);
    seen.add(network.text);
    report.warning(span, {
      code: 'host-bits',
      message: `host bits set in ${word}: it is read as ${network.text}${listed ? ', which is listed already' : ', as Junos does'}`,
      suggestion:
        network.other === undefined
          ? `write ${network.text}`
          : `write ${listed ? `${network.other}, the other half of ${network.around},` : network.text} if that is meant${listed ? '; otherwise remove it' : `; ${network.other} is the other half of ${network.around}`}`,
    });
    return listed ? [] : [scalar(network.text, span)];
  });
}

/**
 * On Junos, `10/8` is 10.0.0.0/8, and an address without a length is a single host. The latter is
 * rarely what was meant, so there is a warning.
 */
function completed(word: string, span: Span, family: Family, report: Report): string {
  const short = family === 'inet' ? /^(\d{1,3}(?:\.\d{1,3}){0,2})\/(\d{1,2})$/.exec(word) : null;
  // `0/12` is probably the rest of `10.0.0.0/12` after a line break.
  if (short !== null && !(/^0+$/.test(short[1]!) && Number(short[2]) >= 8)) {
    const octets = short[1]!.split('.');
    return `${[...octets, '0', '0', '0'].slice(0, 4).join('.')}/${short[2]!}`;
  }
  const address = parseAddress(word);
  if (address === undefined || familyOf(address) !== family) return word;
  const whole = `${word}/${familyBits(family)}`;
  report.warning(span, {
    code: 'missing-length',
    message: `${word} has no prefix length: it is read as ${whole}, one address, as Junos does`,
    suggestion: /^[0.:]+$/.test(word)
      ? "for the default route, remove 'destination'"
      : `write ${whole}, or the length that is meant`,
  });
  return whole;
}

interface Network {
  readonly text: string;
  /** The sibling: the prefix of the same length that differs in the last bit. */
  readonly other: string | undefined;
  /** The prefix that consists of both siblings. */
  readonly around: string;
}

/** The network of a prefix with host bits, or undefined for anything else. */
function networkOf(word: string, family: Family): Network | undefined {
  const match = /^([^/]+)\/([1-9]\d{0,2}|0)$/.exec(word);
  const address = match === null ? undefined : parseAddress(match[1]!);
  const length = Number(match?.[2]);
  if (address === undefined || familyOf(address) !== family || length > familyBits(family)) return undefined;
  const network = prefix(address, length);
  if (network.address === address) return undefined;
  return { text: prefixText(network), ...sibling(network.address, length) };
}

function sibling(address: Address, length: number): Pick<Network, 'other' | 'around'> {
  const bytes = addressBytes(address);
  if (length > 0) bytes[(length - 1) >> 3]! ^= 0x80 >> ((length - 1) & 7);
  // The sibling of 128.0.0.0/1 and the like has no useful destinations.
  if (length === 0 || bytes[0]! >= (bytes.length === 4 ? 224 : 0xff)) return { other: undefined, around: '' };
  return {
    other: prefixText(prefix(addressFromBytes(bytes), length)),
    around: prefixText(prefix(address, length - 1)),
  };
}

const scalar = (text: string, span: Span): ScalarValue => ({ kind: 'scalar', span, text, value: text });
