/**
 * Recognises the Junos text of a configuration, which this version does not read yet, so that its owner is told
 * what to write instead of being drowned in complaints about YAML.
 */

import type { Fault } from './diagnostic.js';
import type { Span } from './report.js';

const SET_LINE = /^[ \t]*(set|deactivate|delete|edit)[ \t]+[\w-]+.*$/m;
const BLOCK = /^[ \t]*(inactive:[ \t]*)?[\w-]+([ \t]+[^\s:#{}]+)*[ \t]*\{[ \t]*$/m;
const STATEMENT = /\b(inet6-)?backup-router[ \t]+([0-9a-fA-F.:]+)(?:[ \t]+destination[ \t]+(\[[^\]\n]*\]|[0-9a-fA-F.:/]+))?[ \t]*;?/g;

/** Enough to tell, and to find the statements; the expressions below must not run over megabytes of garbage. */
const HEAD = 1 << 18;

/** Where and why the text is Junos, or undefined when it does not look so. */
export function junosFault(text: string): { readonly span: Span; readonly fault: Fault } | undefined {
  const head = text.slice(0, HEAD);
  const found = SET_LINE.exec(head) ?? BLOCK.exec(head);
  if (found === null) return undefined;
  const start = found.index + (found[0].length - found[0].trimStart().length);
  return {
    span: { start, end: found.index + found[0].trimEnd().length },
    fault: { code: 'not-supported-yet', message: 'this is Junos configuration text, which is not supported by this version yet', suggestion: `write it as YAML:\n${translate(head)}` },
  };
}

/** The statements found, as YAML; an example when there is none. */
function translate(text: string): string {
  const stanzas = new Map<string, string>();
  for (const [, inet6, address, destination] of text.matchAll(STATEMENT)) {
    const list = destination === undefined ? '' : `, destination: [${destination.replace(/[[\]]/g, '').trim().split(/\s+/).join(', ')}]`;
    const key = `${inet6 ?? ''}backup-router`;
    if (!stanzas.has(key)) stanzas.set(key, `${key}: {address: '${address!}'${list}}`);
  }
  const lines = stanzas.size > 0 ? [...stanzas.values()] : ['backup-router: {address: 192.0.2.1}'];
  return ['management-interface: eth0', ...lines].join('\n');
}
