/**
 * Symmetric replies: whether their rules and routes are in, and whether a foreign rule takes their
 * packets first.
 */

import { linkOf, realmOf } from '../../core/management.js';
import { ownership, ownsRule } from '../../core/ownership.js';
import { takesAllTo } from '../../core/rule-place.js';
import { type Family, familyBits } from '../../model/address.js';
import { allBackupRouters, replying } from '../../model/config.js';
import { containsPrefix, prefix } from '../../model/prefix.js';
import { type Rule, TABLE_LOCAL, TABLE_MAIN } from '../../model/route.js';
import { ruleText, tableText } from '../../model/route-text.js';
import { type Check, found, look } from '../finding.js';
import type { Host } from '../host.js';
import { withAgent } from './agent.js';

function asked({ config }: Host): boolean {
  return replying(allBackupRouters(config)).length > 0;
}

export const repliesNotIn: Check = {
  code: 'replies-not-in',
  title: 'packets from the management address leave by the backup router (symmetric-replies)',
  run: (host) =>
    !asked(host)
      ? 'not-applicable'
      : withAgent(host, ({ symmetricReplies }) =>
          found(
            'error',
            'symmetric-replies is asked for, and packets from the management address do not leave by the backup router.',
            symmetricReplies
              .filter(({ state }) => state === 'absent')
              .map(({ family, interface: device, reason }) => `${family} on ${device}: ${reason ?? 'not in'}`),
            'backup-router status; backup-router plan',
          ),
        ),
};

export const repliesOvertaken: Check = {
  code: 'replies-overtaken',
  title: 'no rule of an operator takes the packets of symmetric-replies first',
  facts: 'K11',
  run: (host) =>
    !asked(host)
      ? 'not-applicable'
      : look(host.rules, (rules) =>
          look(host.kernel, ({ snapshot }) => {
            const own = ownership(host.config);
            const missing = host.config.managementInterfaces.some(
              ({ selector }) => linkOf(selector, snapshot) === undefined,
            );
            const sources = host.config.managementInterfaces.flatMap(({ selector, backupRouters }) => {
              const link = linkOf(selector, snapshot);
              if (link === undefined || realmOf(link, snapshot).vrf !== undefined) return [];
              const families = replying(backupRouters);
              return snapshot.addresses.filter(
                (one) => one.interfaceIndex === link.index && families.includes(one.family),
              );
            });
            const taking = (rule: Rule): boolean =>
              isInFront(rules, rule) &&
              !ownsRule(own, rule) &&
              sources.some(({ family, address }) => takesFrom(rule, family, address));
            const taken = rules.filter(taking);
            // Other checks report an interface that is missing or has no address yet.
            if (taken.length === 0 && (missing || sources.length === 0)) return 'not-applicable';
            return found(
              'note',
              `These rules take packets from the management address before the rules of symmetric-replies. Packets
                that their tables have a route for go that way.`,
              taken.map((rule) => `${rule.family === 'inet6' ? '-6 ' : ''}${ruleText(rule, tableText)}`),
            );
          }),
        ),
};

/**
 * Whether the rule is in front of the rule that looks up main and is not the rule that looks up
 * local.
 */
function isInFront(rules: readonly Rule[], rule: Rule): boolean {
  const family = rules.filter((other) => other.family === rule.family);
  const main = family.findIndex((other) => takesAllTo(other, TABLE_MAIN));
  return !takesAllTo(rule, TABLE_LOCAL) && (main < 0 || family.indexOf(rule) < main);
}

/** Whether the rule takes every packet of this host with that source address. */
function takesFrom({ family, inputInterface, detail }: Rule, of: Family, address: string): boolean {
  const selectors = Object.keys(detail ?? {}).filter((key) => !['action', 'target', 'suppressGroup'].includes(key));
  const from = detail?.from;
  return (
    family === of &&
    (inputInterface === undefined || inputInterface === 'lo') &&
    selectors.every((key) => key === 'from') &&
    (from === undefined || containsPrefix(from, prefix(address, familyBits(of))))
  );
}
