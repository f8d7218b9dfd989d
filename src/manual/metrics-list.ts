/**
 * The list of docs/METRICS.md, between `<!--metrics-->` and `<!--end-->`, generated from the
 * table of metrics.
 */

import { METRICS, PREFIX } from '../metrics/table.js';
import { listItem, withPart } from './markdown-list.js';

/** The document with its list up to date. Throws if it has no place for the list. */
export function withMetricsList(document: string): string {
  const items = Object.entries(METRICS).map(([name, { type, labels, help }]) =>
    listItem(
      `\`${PREFIX}${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`}\`${type === 'gauge' ? '' : `, ${type}`}`,
      help,
    ),
  );
  return withPart(document, 'metrics', items.join(''));
}
