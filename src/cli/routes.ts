/**
 * `backup-router routes`: prints the backup routes and rules in the kernel, whether the agent runs
 * or not.
 */

import { elsewhereText } from '../control/network-namespace.js';
import { inspect } from '../kernel/inspect.js';
import { EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import { destinationText } from '../model/prefix.js';
import { ipWords, namesOf, routeText, ruleText, tableText } from '../model/route-text.js';
import { table } from '../model/text.js';
import { thereAgain } from './again.js';
import { askAgent } from './ask-agent.js';
import type { ConfigOptions } from './config-options.js';
import type { RoutesOutput } from './output.js';
import { ownedIn } from './owned.js';
import { print, printJson } from './print.js';

export async function routes(options: ConfigOptions & { readonly json?: boolean }): Promise<number> {
  const owned = await inspect((kernel) => ownedIn(kernel, options));
  const nameOf = namesOf(owned.snapshot.links);
  if (options.json === true) {
    printJson<RoutesOutput>({
      version: 1,
      routes: owned.routes.map((route) => ({
        destination: destinationText(route.destination),
        family: route.family,
        gateway: route.nexthops[0]?.gateway ?? null,
        interface: nameOf(route.nexthops[0]?.interfaceIndex ?? 0) ?? null,
        table: route.table,
        metric: route.metric,
        protocol: route.protocol,
        text: routeText(route, nameOf),
      })),
      rules: owned.rules.map((rule) => ({
        family: rule.family,
        priority: rule.priority,
        table: rule.table,
        suppressPrefixLength: rule.suppressPrefixLength ?? null,
        text: ruleText(rule),
      })),
    });
    return EXIT.OK;
  }
  if (owned.routes.length === 0 && owned.rules.length === 0) {
    const { elsewhere: away } = await askAgent(pathsOf(process.env).controlSocket);
    print('no backup routes in the kernel\n');
    if (away !== undefined)
      process.stderr.write(`backup-router: the agent ${elsewhereText(away)}\n  help: ${thereAgain(away)}\n`);
    return EXIT.OK;
  }
  const rows = owned.routes.map((route) => [
    destinationText(route.destination),
    route.nexthops[0]?.gateway ?? '',
    nameOf(route.nexthops[0]?.interfaceIndex ?? 0) ?? '',
    tableText(route.table),
    String(route.metric),
  ]);
  print(table(['DESTINATION', 'BACKUP ROUTER', 'INTERFACE', 'TABLE', 'METRIC'], rows));
  if (owned.rules.length > 0)
    print(
      `\n${owned.rules.map((rule) => `${rule.family === 'inet6' ? '-6 ' : ''}${ipWords(ruleText(rule))}\n`).join('')}`,
    );
  return EXIT.OK;
}
