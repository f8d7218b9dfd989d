/**
 * The table of docs/METRICS.md, between `<!-- metrics -->` and `<!-- end -->`, generated from the
 * table of metrics.
 */

import { METRICS, PREFIX } from '../metrics/table.js';

/** The document with its table up to date. Throws if it has no place for the table. */
export function withMetricsTable(document: string): string {
  const place = /(<!-- metrics -->\n)[\s\S]*?(?=<!-- end -->)/;
  if (!place.test(document)) throw new Error('there is no place for the table of metrics');
  const rows = Object.entries(METRICS).map(
    ([name, { type, labels, help }]) =>
      `| \`${PREFIX}${name}\` | ${type} | ${labels.length === 0 ? '–' : labels.map((label) => `\`${label}\``).join(', ')} | ${help} |\n`,
  );
  return document.replace(
    place,
    (_, start: string) => `${start}\n| name | type | labels | meaning |\n|---|---|---|---|\n${rows.join('')}\n`,
  );
}
