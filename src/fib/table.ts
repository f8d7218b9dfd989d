/**
 * What one table has for a packet. Both families take the longest prefix first and differ in
 * everything else (table-inet.ts, table-inet6.ts). Pure.
 */

import type { Query, TableAnswer } from './query.js';
import { inetTable } from './table-inet.js';
import { inet6Table } from './table-inet6.js';
import type { View } from './view.js';

/** undefined: the table has nothing, and the next rule is asked. */
export function tableLookup(view: View, table: number, query: Query): TableAnswer | undefined {
  return query.packet.destination.family === 'inet' ? inetTable(view, table, query) : inet6Table(view, table, query);
}
