/**
 * {@link Config} -> Junos text in either form, and a list of what is lost: Junos has one management
 * interface, one address for each family, and no equivalent of the settings.
 *
 * Invariant: the output reads back as the configuration without what is listed as lost.
 */

import { type BackupRouter, type Config, selectorText } from '../../model/config.js';
import { prefixText } from '../../model/prefix.js';
import { STANZA } from '../gateways.js';
import { SETTINGS } from '../settings.js';
import { changedFields } from '../write.js';

interface JunosText {
  /** undefined if nothing remains that Junos can express. */
  readonly text: string | undefined;
  /** Sentences, each beginning with its key. */
  readonly lost: readonly string[];
}

/** The configuration as Junos text: statements in braces, or one command a line. */
export function writeJunos(config: Config, form: 'junos' | 'set'): JunosText {
  const [first, ...others] = config.managementInterfaces;
  const lost: string[] = [];
  const routers = first!.backupRouters.filter((router) => {
    const name = STANZA[router.family];
    if (router.auto !== undefined) {
      lost.push(
        `${name}: address auto${router.auto.adopt ? ' and adopt' : ''}: Junos has no such thing, so this backup router is left out; name its address to keep it`,
      );
      return false;
    }
    if (router.withoutGateway === true) {
      lost.push(`${name}: address none: Junos always needs a gateway, so this backup router is left out`);
      return false;
    }
    for (const [key, value] of [
      ['onlink', router.onlink],
      ['source', router.source],
      ['symmetric-replies', router.symmetricReplies],
    ] as const)
      if (value !== undefined) lost.push(`${name}: ${key}: Junos has no such setting; it is left out`);
    if (router.gateways.length > 1)
      lost.push(
        `${name}: address: only the first of ${router.gateways.length} is kept, ${router.gateways.slice(1).join(', ')} ${router.gateways.length > 2 ? 'are' : 'is'} not`,
      );
    return true;
  });
  for (const { selector } of others)
    lost.push(
      `management-interface: ${selectorText(selector)} and its backup routers: Junos has one management interface`,
    );
  for (const field of changedFields(config)) {
    const { section, key } = SETTINGS[field];
    lost.push(`${section === undefined ? key : `${section}: ${key}`}: Junos has no such setting; the default applies`);
  }
  if (routers.length === 0) return { text: undefined, lost };
  const directive = `# backup-router: interface ${selectorText(first!.selector)}`;
  const lines =
    form === 'set'
      ? routers.flatMap(commands)
      : ['system {', ...routers.flatMap(block).map((line) => `    ${line}`), '}'];
  return { text: `${[directive, ...lines].join('\n')}\n`, lost };
}

/** Empty for the default route alone, which Junos implies. */
function destinations({ destinations: all }: BackupRouter): readonly string[] {
  return all.length === 1 && all[0]!.length === 0 ? [] : all.map(prefixText);
}

function commands(router: BackupRouter): readonly string[] {
  const start = `set system ${STANZA[router.family]}`;
  return [
    `${start} ${router.gateways[0]!}`,
    ...destinations(router).map((destination) => `${start} destination ${destination}`),
  ];
}

function block(router: BackupRouter): readonly string[] {
  const all = destinations(router);
  const start = `${STANZA[router.family]} ${router.gateways[0]!}`;
  if (all.length === 0) return [`${start};`];
  const short = `${start} destination ${all.length === 1 ? all[0]! : `[ ${all.join(' ')} ]`};`;
  return short.length <= 100
    ? [short]
    : [`${start} destination [`, ...all.map((destination) => `    ${destination}`), '];'];
}
