/**
 * The management interface of a Junos text. Its name (fxp0, me0, em0, vme, re0:mgmt-0) is that of
 * another machine, so the interface of this host must be given by the option or by a comment in the
 * file.
 *
 * If it is not given and the text has exactly one such name, the valid part of the file uses that
 * name. It may be an alternative name of an interface here; if it is not, the agent does nothing.
 */

import type { InterfaceSelector } from '../../model/config.js';
import type { ScalarValue } from '../document.js';
import { nameFault, readInterfaceName } from '../interface-name.js';
import { macIn, readMac } from '../mac-text.js';
import type { Report, Span } from '../report.js';
import type { Directive } from './directives.js';
import type { HierarchyLevel } from './groups.js';

const MANAGEMENT = /^(?:fxp\d|me\d|em\d|vme|(?:re\d:)?mgmt-\d)$/;
const TOP_OF_FILE: Span = { start: 0, end: 1 };

/** The interface, or undefined if it is not validly given and cannot be guessed. */
export function readInterface(
  option: string | undefined,
  directives: readonly Directive[],
  interfaces: HierarchyLevel,
  report: Report,
): InterfaceSelector | undefined {
  if (option !== undefined) return select(option, TOP_OF_FILE, report);
  const said = directives.filter(({ key }) => key === 'interface').at(-1)?.value;
  if (said !== undefined) return select(said.text, said.span, report);
  const names = new Map<string, Span>();
  for (const { statement } of interfaces.sources) {
    for (const { word, span, inactive } of statement.children?.values() ?? [])
      if (!inactive && MANAGEMENT.test(word)) names.set(word, span);
  }
  const [first] = names;
  const list = [...names.keys()].join(' or ');
  report.error(first?.[1] ?? TOP_OF_FILE, {
    code: 'missing-interface',
    message:
      first === undefined
        ? 'nothing says which interface of this host is the management interface'
        : `nothing says which interface of this host takes the place of ${list}`,
    suggestion:
      "add a line '# backup-router: interface eth0' to the file, or give the option --interface eth0; 'ip -brief link' shows the names",
  });
  return first !== undefined && names.size === 1 && nameFault(first[0], 'interface') === undefined
    ? { kind: 'name', name: first[0] }
    : undefined;
}

/** Reads a name or a MAC address. */
function select(text: string, span: Span, report: Report): InterfaceSelector | undefined {
  const value: ScalarValue = { kind: 'scalar', span, text, value: text };
  const entry = { key: 'interface', keySpan: span, value };
  if (macIn(text) !== undefined) {
    const mac = readMac(entry, report);
    return mac === undefined ? undefined : { kind: 'mac', mac };
  }
  const name = readInterfaceName(entry, report);
  return name === undefined ? undefined : { kind: 'name', name };
}
