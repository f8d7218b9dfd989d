/**
 * The command line: names, options, descriptions. Each command is implemented in the file of its
 * name, which is loaded when the command is called.
 */

import { Argument, Command, CommanderError, Option } from 'commander';
import { CommandError, EXIT } from '../model/exit.js';
import { DEFAULT_CONFIG_FILE, INSTANCE, instanceOf } from '../model/paths.js';
import { VERSION } from '../model/version.js';
import type { ConfigOptions } from './config-options.js';
import type { ConvertOptions } from './convert.js';
import type { DrillOptions } from './drill.js';
import { HELP } from './help.js';
import type { HooksCommandOptions } from './hooks.js';
import type { OrderOptions } from './order.js';
import { print, printError, terminal } from './print.js';
import type { ReloadOptions } from './reload.js';
import type { RestoreOptions } from './restore.js';
import { usage } from './usage.js';

type Ends = (exitStatus: number) => void;
/**
 * Completes the definition of the command, which already has its name. `program` has all commands.
 */
type Define = (command: Command, ends: Ends, program: Command) => void;

const JSON_HELP = 'as JSON, a stable schema';

/** Runs the command that argv (without node and script) names. Resolves with the exit status. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let status: number = EXIT.OK;
  const [name = ''] = argv;
  // Defining all commands takes milliseconds. Only the completion script needs them all.
  const only = Object.hasOwn(COMMANDS, name) && name !== 'completion' ? name : undefined;
  const program = buildProgram((exitStatus) => {
    status = exitStatus;
  }, only);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : usage(error, argv);
    throw error;
  }
  return status;
}

/** Sets the instance, which determines the paths of the agent. */
function ofInstance(program: Command): void {
  const { instance } = program.opts<{ instance?: string }>();
  if (instance !== undefined) process.env['BACKUP_ROUTER_INSTANCE'] = instance;
  const named = instanceOf(process.env);
  if (named !== undefined && !INSTANCE.test(named))
    throw new CommandError(
      EXIT.USAGE,
      `not a valid name of an agent: ${named}`,
      'use letters, digits, _ . and -, at most 64 characters',
    );
}

/**
 * All commands, or only the one named `only`. `ends` receives the exit status of the command that
 * ran.
 */
export function buildProgram(ends: Ends, only?: string): Command {
  const program = new Command('backup-router')
    .description(
      'Keeps this router reachable through a backup router on the management interface ' +
        'while its routing daemon is not healthy.',
    )
    .version(VERSION, '-V, --version')
    .option('--instance <name>', 'where several agents run on this host: the one of backup-router@<name>.service')
    .hook('preSubcommand', ofInstance)
    .exitOverride()
    .configureOutput({
      writeOut: print,
      writeErr: printError,
      outputError: () => undefined,
      getOutHelpWidth: () => terminal().columns ?? 80,
      // The help has no colours, and the question would open Node's streams.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('after', HELP.program);
  for (const [name, define] of Object.entries(COMMANDS))
    if (only === undefined || name === only) define(program.command(name), ends, program);
  return program;
}

type ConfigJsonOptions = ConfigOptions & { json?: boolean };

/** What each command takes and does, by name. */
const COMMANDS: Readonly<Record<string, Define>> = {
  run: (command, ends) =>
    withConfig(command)
      .description('run the agent in the foreground')
      .option('--dry-run', 'print kernel changes instead of making them')
      .option('-v, --verbose', 'log more')
      .addHelpText('after', HELP.run)
      .action(async (options: ConfigOptions & { dryRun?: boolean; verbose?: boolean }) =>
        ends(await (await import('./run.js')).run(options)),
      ),

  status: (command, ends) =>
    command
      .description('show whether the backup routes are in, why, and what they wait for')
      .option('--json', JSON_HELP)
      .option('-w, --watch', 'print it again on each change; on a terminal also at each interval, until q')
      .option('--interval <duration>', 'with --watch: how often a terminal is updated between changes', '1s')
      .addHelpText('after', HELP.status)
      .action(async (options: { json?: boolean; watch?: boolean; interval?: string }) =>
        ends(
          options.watch === true
            ? await (await import('./status-watch.js')).watchStatus(options)
            : await (await import('./status.js')).status(options),
        ),
      ),

  events: (command, ends) =>
    command
      .description('show what happened, and why; while the agent does not run, from its file')
      .option('-f, --follow', 'go on with new events as they happen, across restarts of the agent')
      .option('-n, --count <number>', 'only the last ones, this many (default: 50, with --since: all)')
      .option('--since <time>', 'only those of the last 30s, 1h, ..., or since a time (2026-05-01T12:00:00Z)')
      .option('--json', 'one JSON object a line, a stable schema')
      .addHelpText('after', HELP.events)
      .action(async (options: { follow?: boolean; count?: string; since?: string; json?: boolean }) =>
        ends(await (await import('./events.js')).events(options)),
      ),

  metrics: (command, ends) =>
    command
      .description('print the metrics in the text format of Prometheus; the agent also writes them to a file')
      .option('--listen <address>', 'serve them over HTTP until a signal: 127.0.0.1:9787, [::1]:9787 or a socket path')
      .option('--json', JSON_HELP)
      .addHelpText('after', HELP.metrics)
      .action(async (options: { listen?: string; json?: boolean }) =>
        ends(await (await import('./metrics.js')).metrics(options)),
      ),

  hooks: (command, ends) =>
    command
      .description('run the hooks of a directory for each event, as backup-router-hooks.service does')
      .option('--directory <path>', 'where the hooks are (default: /etc/backup-router/hooks.d)')
      .option('--timeout <duration>', 'how long each hook may take', '10s')
      .addHelpText('after', HELP.hooks)
      .action(async (options: HooksCommandOptions) => ends(await (await import('./hooks.js')).hooks(options))),

  routes: (command, ends) =>
    withConfig(command)
      .description('show the backup routes and rules in the kernel (the FIB view; needs no running agent)')
      .option('--json', JSON_HELP)
      .action(async (options: ConfigJsonOptions) => ends(await (await import('./routes.js')).routes(options))),

  explain: (command, ends) =>
    withConfig(command)
      .description(
        'show which route carries packets from this router to an address now, and in each other state ' +
          '(booting, converged, crash, ...), and why',
      )
      .argument('<address>', 'an IPv4 or IPv6 address')
      .option('--from <source>', 'for packets from this address of the host, as in `ip route get ADDRESS from SOURCE`')
      .option('--vrf <name>', 'for sockets bound to this VRF')
      .option('--json', JSON_HELP)
      .addHelpText('after', HELP.explain)
      .action(async (address: string, options: ConfigOptions & { from?: string; vrf?: string; json?: boolean }) =>
        ends(await (await import('./explain.js')).explain(address, options)),
      ),

  plan: (command, ends) =>
    withConfig(command)
      .description('print the kernel changes that a configuration would make, as ip(8) commands')
      .option('--json', JSON_HELP)
      .addHelpText('after', HELP.plan)
      .action(async (options: ConfigJsonOptions) => ends(await (await import('./plan.js')).plan(options))),

  check: (command, ends) =>
    withConfig(command)
      .description('check a configuration file; every fault is reported')
      .option('--json', 'diagnostics as JSON')
      .addHelpText('after', HELP.check)
      .action(async (options: ConfigJsonOptions) => ends(await (await import('./check.js')).check(options))),

  convert: (command, ends) =>
    withJunosOptions(command)
      .description('convert Junos configuration text to YAML, or YAML to Junos')
      .argument('[file]', 'Junos or YAML; - or none: standard input', '-')
      .addOption(
        new Option('--to <form>', 'default: yaml for Junos text, junos for YAML').choices(['yaml', 'junos', 'set']),
      )
      .option('-o, --output <file>', 'write there instead of to standard output; the file must not exist')
      .option('--force', 'overwrite the output file')
      .option('--json', JSON_HELP)
      .addHelpText('after', HELP.convert)
      .action(async (file: string, options: ConvertOptions) =>
        ends(await (await import('./convert.js')).convert(file, options)),
      ),

  doctor: (command, ends) =>
    withConfig(command)
      .description('look for every known hazard on this host: evidence, and what to do about each')
      .option('--json', JSON_HELP)
      .option('-v, --verbose', 'show also what is in order')
      .option('--root <path>', 'read /etc, /run and /usr below this directory (an image, a test)')
      .addHelpText('after', HELP.doctor)
      .action(async (options: ConfigOptions & { json?: boolean; verbose?: boolean; root?: string }) =>
        ends(await (await import('./doctor.js')).doctor(options)),
      ),

  reload: (command, ends) =>
    withJunosOptions(command)
      .description('make the agent read its configuration again; a file with errors changes nothing')
      .option(
        '--confirm <duration>',
        'go back to the former configuration unless `backup-router confirm` is given within this time (1s to 24h)',
      )
      .option('--dry-run', 'show what it would change, in the text and in the kernel, and change nothing')
      .option('--json', JSON_HELP)
      .addHelpText('after', HELP.reload)
      .action(async (options: ReloadOptions) => ends(await (await import('./reload.js')).reload(options))),

  init: (command, ends) =>
    command
      .description('propose a configuration from what this host has: port, gateway, routing daemons; writes nothing')
      .option('--json', JSON_HELP)
      .addHelpText('after', HELP.init)
      .action(async (options: { json?: boolean }) => ends(await (await import('./init.js')).init(options))),

  confirm: (command, ends) =>
    command
      .description('keep the configuration that reload --confirm has taken')
      .option('--json', JSON_HELP)
      .addHelpText('after', HELP.confirm)
      .action(async (options: OrderOptions) =>
        ends(await (await import('./order.js')).order({ command: 'confirm' }, options)),
      ),

  hold: (command, ends) =>
    command
      .description('keep the backup routes in, whatever the routing daemon does')
      .argument('[duration]', '30m, 2h; or off. Without it: until hold off')
      .option('--json', JSON_HELP)
      .addHelpText('after', HELP.hold)
      .action(async (duration: string | undefined, options: OrderOptions) => {
        const { holdRequest, order } = await import('./order.js');
        ends(await order(holdRequest(duration), options));
      }),

  role: (command, ends) =>
    command
      .description('set the role in a pair of routers, in place of the configured one: standby keeps the routes in')
      .addArgument(
        new Argument(
          '<role>',
          'auto: as configured; keepalived says master for primary, and backup or fault for standby',
        )
          .choices(['primary', 'standby', 'auto', 'master', 'backup', 'fault'])
          // Accepts any word: roleRequest() interprets or refuses it.
          .argParser((word: string) => word),
      )
      .option('--json', JSON_HELP)
      .addHelpText('after', HELP.role)
      .action(async (word: string, options: OrderOptions) => {
        const { order, roleRequest } = await import('./order.js');
        ends(await order(roleRequest(word), options));
      }),

  flush: (command, ends) =>
    withConfig(command)
      .description(
        'remove every route and rule that the agent owns, and give back what it took over ' +
          '(refused while the agent runs, which would put them back)',
      )
      .option('--force', 'even while the agent runs')
      .option('--dry-run', 'print what would be removed')
      .option('--json', JSON_HELP)
      .action(async (options: ConfigOptions & { force?: boolean; dryRun?: boolean; json?: boolean }) =>
        ends(await (await import('./flush.js')).flush(options)),
      ),

  restore: (command, ends) =>
    command
      .description(
        'give back the default routes that were taken over ' +
          '(refused while the agent runs, which would take them over again)',
      )
      .option('--force', 'even while the agent runs')
      .option('--dry-run', 'print what would be given back')
      .option('--json', JSON_HELP)
      .option('--after-stop', 'do nothing when systemd is about to start the agent again; for ExecStopPost=')
      .addHelpText('after', HELP.restore)
      .action(async (options: RestoreOptions) => ends(await (await import('./restore.js')).restore(options))),

  drill: (command, ends) =>
    withConfig(command)
      .description(
        'play the failures of the routing daemon, the port and the agent in a separate network, ' +
          'with this configuration and the real FRR or BIRD',
      )
      .addOption(
        new Option(
          '--daemon <kind>',
          'which routing daemon to run; default: the configured one, else the installed one',
        ).choices(['frr', 'bird'] as const),
      )
      .option('--case <name...>', 'only these cases')
      .option('--list', 'list the cases')
      .option('--max-outage <time>', 'a case with a longer outage fails', '1s')
      .option('--real-time', 'keep the configured times; otherwise long ones are shortened')
      .option('--json', JSON_HELP)
      .addHelpText('after', HELP.drill)
      .action(async (options: DrillOptions) => ends(await (await import('./drill.js')).drill(options))),

  completion: (command, ends, program) =>
    command
      .description('print the completion script of a shell')
      .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish'] as const))
      .addHelpText('after', HELP.completion)
      .action(async (shell: 'bash' | 'zsh' | 'fish') =>
        ends((await import('./completion/completion.js')).completion(shell, program)),
      ),
};

/** Adds `--interface` and `--member` to the command. */
function withJunosOptions(command: Command): Command {
  return command
    .option('--interface <name>', 'Junos text: the management interface of this host, by name or MAC address')
    .option('--member <member>', 'Junos text: re0, re1, node0 or node1; default: by the host name');
}

/** Adds all {@link ConfigOptions} to the command. */
function withConfig(command: Command): Command {
  return withJunosOptions(
    command.option('-c, --config <file>', `configuration file (default: ${DEFAULT_CONFIG_FILE})`),
  );
}
