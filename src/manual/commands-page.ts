/**
 * backup-router(8), generated from the commands, paths and exit statuses of the program. Only text
 * that belongs to no single command is written here.
 */

import { type CommandText, describeProgram } from '../cli/describe.js';
import { buildProgram } from '../cli/program.js';
import { partsDirectory } from '../config/files.js';
import { EXIT } from '../model/exit.js';
import { pathsOf } from '../model/paths.js';
import { VERSION } from '../model/version.js';
import { exitMeaning } from './exit-statuses.js';
import { bold, example, heading, italic, item, paragraph, section, subsection, text } from './roff.js';

/** The whole page. `date` is that of the release, YYYY-MM-DD. */
export function commandsPage(date: string): string {
  const { commands } = describeProgram(buildProgram(() => undefined));
  const paths = pathsOf({});
  return [
    heading('backup-router', 8, date, `backup-router ${VERSION}`),
    section('name', `backup\\-router \\- keep a router reachable while its routing daemon is not healthy\n`),
    section(
      'synopsis',
      ...commands.map((command) => `${bold('backup-router')} ${bold(command.name)}${usage(command)}\n.br\n`),
    ),
    section(
      'description',
      paragraph(
        text(
          'A router that boots, or whose routing daemon has died, has no routes beyond its',
          'connected subnets: nobody can reach it to repair it. backup-router keeps routes',
          'through a backup router on the management interface in the kernel whenever the routing',
          'daemon (FRR, BIRD, ...) is not healthy, withdraws them once it is, and puts them back',
          'within milliseconds when it dies. It is what Junos calls system backup-router.',
        ),
      ),
      paragraph(
        text(
          'The routes are in while the daemon is down, hung, starting, or has been healthy for',
          'less than hold-time; and until every destination is covered by a route of its own: without',
          'limit where it has been covered before, else at most for convergence-timeout. In role',
          'standby they are always in.',
        ),
      ),
      paragraph(
        `${text(
          'With placement local (the default) they are in tables of their own, found only by',
          'packets that this router itself originates. See',
        )} ${bold('backup-router.yaml')}(5).`,
      ),
    ),
    section('commands', ...commands.map(commandText)),
    section(
      'exit status',
      ...(Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) =>
        item(bold(String(EXIT[name])), text(exitMeaning(name))),
      ),
    ),
    section(
      'files',
      item(italic(paths.configFile), text('The configuration, YAML or Junos text.')),
      item(italic(`${partsDirectory(paths.configFile)}/*.yaml`), text('Further files of it, in YAML.')),
      item(
        italic(paths.controlSocket),
        text(
          'Where the agent answers: one JSON object a line. Reading needs the group',
          'backup-router, changing needs root.',
        ),
      ),
      item(italic(paths.metrics), text('The metrics, written on change and each 30 s, for node_exporter.')),
      item(
        italic(paths.lastKnownGood),
        text('The last configuration that ran, for the boot on which the real one is broken.'),
      ),
      item(italic(paths.orders), text('The orders of an operator: hold and role.')),
      item(italic(paths.covered), text('Which destinations have been covered, by daemon; flush removes it.')),
      item(italic(paths.learned), text('The last gateways that address: auto has taken; flush removes it.')),
      item(italic(paths.unconfirmed), text('A configuration that awaits its confirmation, and the one to go back to.')),
      item(italic(paths.history), text('The events, as JSON lines; older ones are beside it.')),
      item(
        italic(paths.hooks),
        text('Hooks, run for each event by backup-router-hooks.service where it is enabled, as a user of its own.'),
      ),
      item(italic(paths.adopted), text('Default routes that were taken over and are to be given back.')),
      item(
        `${italic('/var/cache/backup-router-code')}, ${italic('~/.cache/backup-router-code')}`,
        text(
          'The program as Node has compiled it, for a quicker start; that of the service is in its state directory.',
        ),
      ),
    ),
    section(
      'environment',
      item(
        `${bold('RUNTIME_DIRECTORY')}, ${bold('STATE_DIRECTORY')}`,
        text(
          'As systemd sets them: instead of /run/backup-router and /var/lib/backup-router, so',
          'that several agents can run side by side in namespaces.',
        ),
      ),
      item(
        bold('BACKUP_ROUTER_INSTANCE'),
        text(
          'The name of an agent where there are several, as --instance NAME in each command: its paths are',
          '/etc/backup-router/NAME.yaml, /run/backup-router/NAME and /var/lib/backup-router/NAME, its unit',
          'backup-router@NAME.service.',
        ),
      ),
      item(
        bold('NOTIFY_SOCKET'),
        text(
          'sd_notify(3): READY once the first look at the kernel is done and judged, RELOADING,',
          'STATUS, WATCHDOG after completed rounds only.',
        ),
      ),
      item(bold('NO_COLOR'), text('No colour, on terminals too.')),
    ),
    section(
      'signals',
      item(bold('SIGHUP'), text('As backup-router reload.')),
      item(
        `${bold('SIGTERM')}, ${bold('SIGINT')}`,
        text('Stop in order: routes stay or go as on-stop says; what was taken over is given back.'),
      ),
    ),
    section(
      'see also',
      paragraph(
        [
          `${bold('backup-router.yaml')}(5)`,
          ...['ip-route', 'ip-rule', 'zebra', 'bird'].map((page) => `${bold(page)}(8)`),
          `${bold('systemd.service')}(5)`,
        ].join(', '),
      ),
    ),
  ].join('');
}

function usage(command: CommandText): string {
  const words = usageOf(command);
  return words === '' ? '' : ` ${text(words)}`;
}

/** Commander writes `[options]` even for a command whose only option is --help. */
function usageOf(command: CommandText): string {
  return command.parameters.some(({ flags }) => flags.length > 0)
    ? command.usage
    : command.usage.replace(/\[options\] ?/, '');
}

function commandText(command: CommandText): string {
  const parameters = command.parameters.map(({ term, description }) => item(text(term), text(sentence(description))));
  return subsection(
    `${command.name} ${usageOf(command)}`.trim(),
    paragraph(text(sentence(command.summary))),
    ...parameters,
    afterText(command.after),
  );
}

function sentence(words: string): string {
  const start = words.charAt(0).toUpperCase() + words.slice(1);
  return start === '' || /[.!?]$/.test(start) ? start : `${start}.`;
}

/**
 * An `Examples:` block with its indented lines becomes an example. Every other block becomes a
 * paragraph.
 */
function afterText(after: string): string {
  if (after === '') return '';
  return after
    .split(/\n\s*\n/)
    .map((block) => {
      const [first, ...rest] = block.split('\n');
      if (rest.length > 0 && rest.every((line) => /^\s/.test(line)))
        return paragraph(text(first!)) + example(rest.map((line) => line.replace(/^ {2}/, '')).join('\n'));
      return paragraph(text(block));
    })
    .join('');
}
