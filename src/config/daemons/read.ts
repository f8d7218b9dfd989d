/**
 * `routing-daemon`: what must be healthy before the backup routes are withdrawn. Each kind has its
 * own file.
 */

import type { RoutingDaemon } from '../../model/config.js';
import { closest } from '../closest.js';
import { quote } from '../diagnostic.js';
import type { Entry, MapValue, ScalarValue, Value } from '../document.js';
import type { Report } from '../report.js';
import { readItems, readSection } from '../section.js';
import { withoutDuplicates } from './duplicates.js';
import type { Found } from './kind.js';
import { KIND_KEYS, KIND_NAMES, KINDS, type Kind } from './kinds.js';

/**
 * The valid daemons of the entry, or undefined if there are none. `ownProtocol` marks the agent's
 * own routes.
 */
export function readRoutingDaemons(
  entry: Entry,
  ownProtocol: number,
  report: Report,
): readonly RoutingDaemon[] | undefined {
  const found = readItems(entry, report, 'remove the key to watch zebra').flatMap((item) =>
    readItem(item, ownProtocol, report),
  );
  const daemons = withoutDuplicates(found, report);
  return daemons.length > 0 ? daemons : undefined;
}

function readItem(item: Value, ownProtocol: number, report: Report): readonly Found[] {
  if (item.kind === 'scalar') return readBare(item, report);
  const section = readSection(item, 'routing-daemon', KIND_KEYS, report, item.kind === 'map' ? siblingHint(item) : {});
  if (section === undefined) return [];
  if (item.kind === 'map' && item.entries.length === 0)
    report.error(item.span, {
      code: 'empty-value',
      message: 'a routing daemon without a kind',
      suggestion: `write ${KINDS.frr.example}`,
    });
  const entries = KIND_NAMES.flatMap((kind) => section.get(kind) ?? []).sort(
    (a, b) => a.keySpan.start - b.keySpan.start,
  );
  const second = entries[1];
  if (second !== undefined)
    report.error(second.keySpan, {
      code: 'conflicting-keys',
      message: `one entry names both '${entries[0]!.key}' and '${second.key}'`,
      suggestion: "write a list, with '- ' in front of each",
    });
  return entries.flatMap((entry) => KINDS[entry.key as Kind].read(entry, ownProtocol, report) ?? []);
}

/** A kind in one word. Only kinds with a customary socket allow it. */
function readBare({ text, span }: ScalarValue, report: Report): readonly Found[] {
  const kind = KIND_NAMES.find((word) => word === text);
  const daemon = kind === undefined ? undefined : KINDS[kind].bare;
  if (daemon !== undefined) return [{ daemon, spans: [span] }];
  if (kind !== undefined)
    report.error(span, {
      code: 'empty-value',
      message: `'${kind}' does not say which`,
      suggestion: `write ${KINDS[kind].example}`,
    });
  else
    report.error(span, {
      code: 'unknown-value',
      message: `${quote(text)} is not a kind of routing daemon`,
      suggestion: suggestKind(text),
    });
  return [];
}

function suggestKind(text: string): string {
  for (const name of KIND_NAMES) {
    const guess = KINDS[name].guess?.(text);
    if (guess !== undefined) return `write ${guess}`;
  }
  const near = closest(text, KIND_NAMES);
  return near === undefined
    ? `the kinds are ${KIND_NAMES.join(', ')}; such as ${KINDS.frr.example}`
    : `write ${KINDS[near as Kind].example}`;
}

/** A hint for `route-protocols` written beside the kind instead of inside it. */
function siblingHint(item: MapValue): Readonly<Record<string, string>> {
  for (const { key, value } of item.entries) {
    const longKey = Object.hasOwn(KINDS, key) ? KINDS[key as Kind].longKey : undefined;
    if (longKey !== undefined && value.kind === 'scalar')
      return { 'route-protocols': `write ${key}: {${longKey(value.text)}: ${value.text}, route-protocols: [...]}` };
  }
  return {};
}
