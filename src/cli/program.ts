/** The command line: names, options, help texts. What a command does is in the file of its name, loaded when it is called. */

import { Argument, Command, CommanderError, Option } from 'commander';
import { EXIT } from '../model/exit.js';
import { VERSION } from '../model/version.js';
import type { DrillOptions } from './drill.js';
import { type ConfigOptions, type HintOptions, withConfig, withHints } from './hints.js';

/** Runs the command that argv (without node and script) names; resolves with the exit status. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let status: number = EXIT.OK;
  const program = buildProgram((exitStatus) => {
    status = exitStatus;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
    throw error;
  }
  return status;
}

/** The commands. `ends` hears the exit status of the one that ran. */
export function buildProgram(ends: (exitStatus: number) => void): Command {
  const program = new Command('backup-router')
    .description(
      'Keeps this router reachable through a backup router on the management interface while its routing daemon is not healthy.',
    )
    .version(VERSION, '-V, --version')
    .exitOverride()
    .showHelpAfterError('(backup-router --help tells more)')
    .addHelpText(
      'after',
      '\nFiles:\n  /etc/backup-router/config.yaml      what to keep reachable, and through whom\n  /run/backup-router/control.sock     where the daemon answers\n\nExit status: 0 done, 1 not in the wished state, 64 usage, 69 daemon not running, 77 no permission, 78 configuration.',
    );

  withConfig(program.command('run'))
    .description('run the daemon in the foreground')
    .option('--dry-run', 'print kernel changes instead of making them')
    .option('-v, --verbose', 'log more')
    .addHelpText(
      'after',
      '\nExamples:\n  sudo backup-router run -c ./config.yaml\n  backup-router run --dry-run -c ./config.yaml      # needs no privileges',
    )
    .action(async (options: ConfigOptions & { dryRun?: boolean; verbose?: boolean }) =>
      ends(await (await import('./run.js')).run(options)),
    );

  program
    .command('status')
    .description('show what is in, why, and what is awaited')
    .option('--json', 'as JSON, a stable schema')
    .option('-w, --watch', 'again on each change; on a terminal also each interval, until Ctrl-C')
    .option('--interval <duration>', 'with --watch: how often the durations are drawn anew', '1s')
    .addHelpText(
      'after',
      '\nExit status 1: the routes should be in and are not.\n\nExamples:\n  backup-router status\n  backup-router status --watch\n  backup-router status --json | jq .routes.phase',
    )
    .action(async (options: { json?: boolean; watch?: boolean; interval?: string }) =>
      ends(
        options.watch === true
          ? await (await import('./status-watch.js')).watchStatus(options)
          : await (await import('./status.js')).status(options),
      ),
    );

  program
    .command('events')
    .description('show what happened, and why; from the file that the daemon left if it does not run')
    .option('-f, --follow', 'and what happens from now on, over restarts of the daemon')
    .option('-n, --count <number>', 'the last so many (default: 50, with --since: all)')
    .option('--since <time>', 'since so long ago (30s, 1h), or since a time (2026-05-01T12:00:00Z)')
    .option('--json', 'one JSON object a line, a stable schema')
    .addHelpText(
      'after',
      '\nExamples:\n  backup-router events -f\n  backup-router events --since 24h\n  backup-router events --since 168h --json | jq \'select(.kind == "outage-ended") | .lengthMs\'',
    )
    .action(async (options: { follow?: boolean; count?: string; since?: string; json?: boolean }) =>
      ends(await (await import('./events.js')).events(options)),
    );

  withConfig(program.command('routes'))
    .description('show the backup routes and rules that the kernel holds (the forwarding-table view; needs no daemon)')
    .option('--json', 'as JSON')
    .action(async (options: ConfigOptions & { json?: boolean }) =>
      ends(await (await import('./routes.js')).routes(options)),
    );

  withConfig(program.command('explain'))
    .description(
      'tell which route carries packets of this router to an address now, and would in each state (booting, converged, crash, ...), and why',
    )
    .argument('<address>', 'an IPv4 or IPv6 address')
    .option('--vrf <name>', 'for sockets bound to this VRF')
    .option('--json', 'as JSON, a stable schema')
    .addHelpText(
      'after',
      "\nNeeds no daemon and no privileges. Exit status 1: the kernel goes another way than its rules and routes let expect.\n\nExamples:\n  backup-router explain 10.99.0.10\n  backup-router explain 2001:db8::1 --json | jq -r '.states[] | [.state, .carrier] | @tsv'",
    )
    .action(async (address: string, options: ConfigOptions & { vrf?: string; json?: boolean }) =>
      ends(await (await import('./explain.js')).explain(address, options)),
    );

  withConfig(program.command('plan'))
    .description('print the kernel changes that a configuration would make from here, as commands of ip(8)')
    .option('--json', 'as JSON, a stable schema')
    .addHelpText(
      'after',
      '\nChanges nothing and needs no privileges. Exit status 0, whether something is to do or not.\n\nExamples:\n  backup-router plan -c ./new.yaml\n  backup-router plan --json | jq -r .in.commands[]',
    )
    .action(async (options: ConfigOptions & { json?: boolean }) =>
      ends(await (await import('./plan.js')).plan(options)),
    );

  withConfig(program.command('check'))
    .description('check a configuration file; every fault is reported')
    .option('--json', 'diagnostics as JSON')
    .addHelpText('after', '\nExit status 78: the file has errors. Warnings alone are fine.')
    .action(async (options: ConfigOptions & { json?: boolean }) =>
      ends(await (await import('./check.js')).check(options)),
    );

  withHints(program.command('convert'))
    .description('convert Junos configuration text to YAML, or YAML to Junos')
    .argument('[file]', 'Junos or YAML; - or nothing: standard input', '-')
    .addOption(
      new Option('--to <form>', 'default: yaml for Junos text, junos for YAML').choices(['yaml', 'junos', 'set']),
    )
    .option('-o, --output <file>', 'write there instead of to standard output')
    .addHelpText(
      'after',
      '\nWhat Junos cannot express is named on standard error. Exit status 78: the input has errors.\n\nExamples:\n  backup-router convert router.conf --interface eth0 -o /etc/backup-router/config.yaml\n  ssh router1 "show configuration | display set | no-more" | backup-router convert --interface eth0\n  backup-router convert /etc/backup-router/config.yaml --to set',
    )
    .action(async (file: string, options: HintOptions & { to?: 'yaml' | 'junos' | 'set'; output?: string }) =>
      ends(await (await import('./convert.js')).convert(file, options)),
    );

  withConfig(program.command('doctor'))
    .description('look for every known hazard on this host: evidence, and what to do about each')
    .option('--json', 'as JSON, a stable schema')
    .option('-v, --verbose', 'show also what is in order')
    .option('--root <path>', 'read the files of /etc, /run and /usr below this directory (an image, a test)')
    .addHelpText(
      'after',
      '\nNeeds no agent. As root it sees most: it then asks the backup router by ARP or ND, and FRR for its configuration. It changes nothing.\n\nExit status: 0 nothing worse than notes, 1 a warning or an error, 78 the configuration has errors.\n\nExamples:\n  sudo backup-router doctor\n  backup-router doctor -c ./config.yaml --verbose\n  backup-router doctor --json | jq -r \'.findings[] | select(.severity == "error") | .code\'',
    )
    .action(async (options: ConfigOptions & { json?: boolean; verbose?: boolean; root?: string }) =>
      ends(await (await import('./doctor.js')).doctor(options)),
    );

  program
    .command('reload')
    .description('make the daemon read its configuration again; with errors in it, what runs goes on')
    .option(
      '--confirm <duration>',
      'go back to what ran before, unless `backup-router confirm` comes in this time (1s to 24h)',
    )
    .addHelpText(
      'after',
      '\nThe way back survives a restart of the agent and of the host. Again while one is awaited: the file is taken again, and the time starts anew.\n\nExamples:\n  sudo backup-router reload\n  sudo backup-router reload --confirm 5m      # then, from outside: backup-router confirm',
    )
    .action(async (options: { confirm?: string }) => {
      const { order, reloadRequest } = await import('./order.js');
      ends(await order(reloadRequest(options.confirm)));
    });

  program
    .command('confirm')
    .description('keep the configuration that reload --confirm has taken')
    .addHelpText('after', '\nExit status 1: nothing awaits its confirmation.')
    .action(async () => ends(await (await import('./order.js')).order({ command: 'confirm' })));

  program
    .command('hold')
    .description('keep the backup routes in, whatever the routing daemon does')
    .argument('[duration]', '30m, 2h; or off. Nothing: until hold off')
    .addHelpText(
      'after',
      '\nSurvives a restart of the agent.\n\nExamples:\n  sudo backup-router hold 30m      # before an upgrade of FRR\n  sudo backup-router hold off',
    )
    .action(async (duration: string | undefined) => {
      const { holdRequest, order } = await import('./order.js');
      ends(await order(holdRequest(duration)));
    });

  program
    .command('role')
    .description('take a role in a pair of routers, whatever the configured source says: standby keeps the routes in')
    .addArgument(new Argument('<role>', 'auto: as configured').choices(['primary', 'standby', 'auto'] as const))
    .addHelpText(
      'after',
      '\nSurvives a restart of the agent.\n\nExample, as keepalived notify script (write whole paths there):\n  notify_master "backup-router role primary"\n  notify_backup "backup-router role standby"\n  notify_fault  "backup-router role standby"\n  notify_stop   "setsid -f backup-router role standby"',
    )
    .action(async (role: 'primary' | 'standby' | 'auto') =>
      ends(await (await import('./order.js')).order({ command: 'role', role })),
    );

  withConfig(program.command('flush'))
    .description(
      'remove every route and rule that the agent owns, and give back what it took over (refuses while the daemon runs, which would put them back)',
    )
    .option('--force', 'also while the daemon runs')
    .option('--dry-run', 'print what would be removed')
    .action(async (options: ConfigOptions & { force?: boolean; dryRun?: boolean }) =>
      ends(await (await import('./flush.js')).flush(options)),
    );

  program
    .command('restore')
    .description(
      'give back the default routes that were taken over (refuses while the daemon runs, which would take them again)',
    )
    .option('--force', 'also while the daemon runs')
    .option('--dry-run', 'print what would be given back')
    .option('--after-stop', 'do nothing when systemd is about to start the daemon again; for ExecStopPost=')
    .addHelpText(
      'after',
      '\nDoing it twice changes nothing. Exit status 1: something could not be given back, and stays recorded.',
    )
    .action(async (options: { force?: boolean; dryRun?: boolean; afterStop?: boolean }) =>
      ends(await (await import('./restore.js')).restore(options)),
    );

  withConfig(program.command('drill'))
    .description(
      'play the failures of routing daemon, port and agent in a network of its own, with this configuration and the real FRR or BIRD',
    )
    .addOption(
      new Option('--daemon <kind>', 'play with this one; default: the one configured, else the one installed').choices([
        'frr',
        'bird',
      ] as const),
    )
    .option('--case <name...>', 'only these cases')
    .option('--list', 'list the cases')
    .option('--max-outage <time>', 'a longer outage is a failure', '1s')
    .option('--real-time', 'keep the configured times; otherwise long ones are shortened')
    .option('--json', 'as JSON, a stable schema')
    .addHelpText(
      'after',
      '\nSafe on a router in production: it works in namespaces of its own that vanish with it, even when it is killed.\n\nExit status: 0 all cases passed, 1 some failed, 69 neither FRR nor BIRD is installed, 77 not root, 78 configuration.\n\nExamples:\n  sudo backup-router drill\n  sudo backup-router drill -c ./new.yaml --case kill hang\n  sudo backup-router drill --daemon bird --json | jq .cases',
    )
    .action(async (options: DrillOptions) => ends(await (await import('./drill.js')).drill(options)));

  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish'] as const))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(backup-router completion bash)\n  backup-router completion bash > /etc/bash_completion.d/backup-router\n  backup-router completion fish | source',
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') =>
      ends((await import('./completion.js')).completion(shell, program)),
    );

  return program;
}
