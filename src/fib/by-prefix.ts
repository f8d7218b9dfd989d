/**
 * Routes by prefix: which ones contain a destination, and which ones compete with it. The index is
 * made once for each list of routes that was read, so ten thousand destinations cost ten thousand
 * look-ups and no search. Pure.
 */

import { networkKey, type Prefix } from '../model/prefix.js';
import { type Route, refuses } from '../model/route.js';
import { remembered } from './remembered.js';

interface RoutesByPrefix {
  /**
   * The routes of a table that contain the prefix, those of the prefix itself included; shortest
   * first.
   */
  readonly covers: (table: number, prefix: Prefix) => readonly Route[];
  /** The routes of a table with exactly this prefix. */
  readonly at: (table: number, prefix: Prefix) => readonly Route[];
  /**
   * Whether the table has any route that refuses. Most routers have none, and then no look-up is
   * needed.
   */
  readonly refusing: (table: number) => boolean;
}

interface Table {
  /** Prefix lengths that occur, ascending. */
  readonly lengths: number[];
  readonly routes: Map<number | string, Route | Route[]>;
  refuses: boolean;
}

const NONE: readonly Route[] = [];

export const byPrefix = remembered((routes: readonly Route[]): RoutesByPrefix => {
  const families = { inet: new Map<number, Table>(), inet6: new Map<number, Table>() };
  for (const route of routes) put(families[route.family], route);
  for (const tables of Object.values(families))
    for (const table of tables.values()) table.lengths.sort((a, b) => a - b);
  const at = (number: number, prefix: Prefix): readonly Route[] => {
    const table = families[prefix.family].get(number);
    return table === undefined ? NONE : listed(table.routes.get(networkKey(prefix, prefix.length)));
  };
  return {
    at,
    covers(number, prefix) {
      const table = families[prefix.family].get(number);
      let found: readonly Route[] = NONE;
      for (const length of table?.lengths ?? []) {
        if (length > prefix.length) break;
        const there = listed(table?.routes.get(networkKey(prefix, length)));
        if (there.length > 0) found = found.length === 0 ? there : [...found, ...there];
      }
      return found;
    },
    refusing: (table) => Object.values(families).some((tables) => tables.get(table)?.refuses === true),
  };
});

function put(tables: Map<number, Table>, route: Route): void {
  let table = tables.get(route.table);
  if (table === undefined) tables.set(route.table, (table = { lengths: [], routes: new Map(), refuses: false }));
  table.refuses ||= refuses(route);
  const { length } = route.destination;
  if (!table.lengths.includes(length)) table.lengths.push(length);
  const key = networkKey(route.destination, length);
  const known = table.routes.get(key);
  // Nearly all prefixes have one route. A list for each would take most of the memory.
  if (known === undefined) table.routes.set(key, route);
  else if (Array.isArray(known)) known.push(route);
  else table.routes.set(key, [known, route]);
}

function listed(value: Route | readonly Route[] | undefined): readonly Route[] {
  if (value === undefined) return NONE;
  return 'length' in value ? value : [value];
}
