/**
 * What BIRD's kernel protocol does with foreign routes, and with its own routes when BIRD stops.
 */

import { realmOf } from '../../core/management.js';
import { TABLE_MAIN } from '../../model/route.js';
import { BIRD_FILES, type BirdStatement, birdConfig } from '../bird-config.js';
import { unreadableOf } from '../files.js';
import { type Check, type Finding, finding, look, type Outcome, unknown } from '../finding.js';
import type { Host } from '../host.js';
import { managed } from '../management.js';
import { whereShared } from './shared-table.js';

export const birdLearn: Check = {
  code: 'bird-learn',
  title: 'BIRD does not learn backup routes from the kernel',
  facts: 'F2, F3, B2',
  run: (host) => {
    if (!watchesBird(host)) return 'not-applicable';
    return whereShared(host, () => {
      const tables = tablesShared(host);
      return kernelProtocols(
        host,
        ({ text }, block, all) =>
          /^learn\b/.test(text) && isOn(text) && !isFiltered(block) && reads(block, all, tables),
        (evidence) =>
          finding(
            'warning',
            `BIRD learns foreign routes of a kernel table (\`learn\`): the backup routes enter its
            table, and its exports.`,
            evidence,
            [
              '# an import filter, in each channel of that kernel protocol (ipv4 { ... }; BIRD 1: in the protocol itself):',
              `import where krt_source != ${host.config.routeProtocol};`,
              '# then: birdc configure',
            ],
          ),
      );
    });
  },
};

export const birdPersist: Check = {
  code: 'bird-persist',
  title: 'BIRD takes its routes away when it stops in order',
  facts: 'B2',
  run: (host) =>
    watchesBird(host)
      ? kernelProtocols(
          host,
          ({ text }) => /^persist\b/.test(text) && isOn(text),
          (evidence) =>
            finding(
              'note',
              `BIRD leaves its routes in the kernel when it stops (\`persist\`): they are then
              stale, and beat the backup routes for stale.preempt-after.`,
              evidence,
            ),
        )
      : 'not-applicable',
};

function watchesBird({ config }: Host): boolean {
  return config.routingDaemons.some(({ kind }) => kind === 'bird');
}

/** A switch without a value is on. */
function isOn(text: string): boolean {
  return !/\s(?:off|no|false|0)$/.test(text);
}

/**
 * Whether the block has an import filter that tests the source of a route (`krt_source`), or
 * imports nothing.
 */
function isFiltered(block: readonly BirdStatement[]): boolean {
  return block.some(({ text }) => /\bkrt_source\b/.test(text) || /^import none$/.test(text));
}

/** The kernel tables, main or of a VRF, of the realms that the management interfaces are in. */
function tablesShared(host: Host): ReadonlySet<number> {
  if (host.kernel.kind === 'unseen') return new Set();
  const { value } = host.kernel;
  return new Set(managed(host, value).map(({ link }) => realmOf(link, value.snapshot).table));
}

/**
 * Whether the protocol reads one of the tables. A table whose number is not known counts as read.
 */
function reads(block: readonly BirdStatement[], all: readonly BirdStatement[], tables: ReadonlySet<number>): boolean {
  const named = block.flatMap(({ text }) => /^kernel table (\S+)$/.exec(text)?.[1] ?? [])[0];
  if (named === undefined) return tables.has(TABLE_MAIN) || block.some(({ text }) => /^vrf\b/.test(text));
  const defined = all.flatMap(({ text }) => {
    const [, name, value] = /^define (\S+) ?= ?(\S+)$/.exec(text) ?? [];
    return name === named ? [value!] : [];
  })[0];
  const number = Number(defined ?? named);
  return Number.isNaN(number) || tables.has(number);
}

/**
 * Reports the statements of kernel protocols that `wanted` selects. `block` has all statements of
 * the same protocol.
 */
function kernelProtocols(
  host: Host,
  wanted: (one: BirdStatement, block: readonly BirdStatement[], all: readonly BirdStatement[]) => boolean,
  say: (evidence: readonly string[]) => Finding,
): Outcome {
  return look(host.birdFiles, (running) => {
    const mains = running.length > 0 ? running : BIRD_FILES;
    const { statements, why, any } = birdConfig(host.files, mains);
    const judged = (one: BirdStatement, block: readonly BirdStatement[]): boolean =>
      !block.some(({ text }) => /^disabled\b/.test(text) && isOn(text)) && wanted(one, block, statements);
    const hits = statements.filter(
      (one) =>
        one.within.length === 1 &&
        /^(?:protocol|template) kernel\b/.test(one.within[0]!) &&
        judged(
          one,
          statements.filter(({ block }) => block === one.block),
        ),
    );
    if (hits.length > 0) return [say(hits.map(({ where, text }) => `${where}: ${text};`))];
    if (why === undefined) return [];
    const closed = any || unreadableOf(host.files, mains) !== undefined;
    return unknown(why, closed ? 'sudo backup-router doctor' : undefined);
  });
}
