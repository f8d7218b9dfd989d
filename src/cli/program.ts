/** The command line: names, options, help texts. What a command does is in the file of its name, loaded when it is called. */

import { Argument, Command, CommanderError } from 'commander';
import { EXIT } from '../model/exit.js';
import { DEFAULT_CONFIG_FILE } from '../model/paths.js';
import { VERSION } from '../model/version.js';

const CONFIG_OPTION = ['-c, --config <file>', 'configuration file', DEFAULT_CONFIG_FILE] as const;

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
    .description('Keeps this router reachable through a backup router on the management interface while its routing daemon is not healthy.')
    .version(VERSION, '-V, --version')
    .exitOverride()
    .showHelpAfterError('(backup-router --help tells more)')
    .addHelpText('after', '\nFiles:\n  /etc/backup-router/config.yaml      what to keep reachable, and through whom\n  /run/backup-router/control.sock     where the daemon answers\n\nExit status: 0 done, 1 not in the wished state, 64 usage, 69 daemon not running, 77 no permission, 78 configuration.');

  program
    .command('run')
    .description('run the daemon in the foreground')
    .option(...CONFIG_OPTION)
    .option('--dry-run', 'print kernel changes instead of making them')
    .option('-v, --verbose', 'log more')
    .addHelpText('after', '\nExamples:\n  sudo backup-router run -c ./config.yaml\n  backup-router run --dry-run -c ./config.yaml      # needs no privileges')
    .action(async (options: { config: string; dryRun?: boolean; verbose?: boolean }) => ends(await (await import('./run.js')).run(options)));

  program
    .command('status')
    .description('show what is in, why, and what is awaited')
    .option('--json', 'as JSON, a stable schema')
    .addHelpText('after', '\nExit status 1: the routes should be in and are not.\n\nExamples:\n  backup-router status\n  backup-router status --json | jq .routes.phase')
    .action(async (options: { json?: boolean }) => ends(await (await import('./status.js')).status(options)));

  program
    .command('routes')
    .description('show the backup routes and rules that the kernel holds (the forwarding-table view; needs no daemon)')
    .option(...CONFIG_OPTION)
    .option('--json', 'as JSON')
    .action(async (options: { config: string; json?: boolean }) => ends(await (await import('./routes.js')).routes(options)));

  program
    .command('check')
    .description('check a configuration file; every fault is reported')
    .option(...CONFIG_OPTION)
    .option('--json', 'diagnostics as JSON')
    .addHelpText('after', '\nExit status 78: the file has errors. Warnings alone are fine.')
    .action(async (options: { config: string; json?: boolean }) => ends(await (await import('./check.js')).check(options)));

  program
    .command('reload')
    .description('make the daemon read its configuration again; with errors in it, what runs goes on')
    .action(async () => ends(await (await import('./order.js')).order({ command: 'reload' })));

  program
    .command('hold')
    .description('keep the backup routes in, whatever the routing daemon does')
    .argument('[duration]', '30m, 2h; or off. Nothing: until hold off')
    .addHelpText('after', '\nSurvives a restart of the agent.\n\nExamples:\n  sudo backup-router hold 30m      # before an upgrade of FRR\n  sudo backup-router hold off')
    .action(async (duration: string | undefined) => {
      const { holdRequest, order } = await import('./order.js');
      ends(await order(holdRequest(duration)));
    });

  program
    .command('role')
    .description('take a role in a pair of routers, whatever the configured source says: standby keeps the routes in')
    .addArgument(new Argument('<role>', 'auto: as configured').choices(['primary', 'standby', 'auto'] as const))
    .addHelpText('after', '\nSurvives a restart of the agent.\n\nExample, as keepalived notify script (write whole paths there):\n  notify_master "backup-router role primary"\n  notify_backup "backup-router role standby"\n  notify_fault  "backup-router role standby"\n  notify_stop   "setsid -f backup-router role standby"')
    .action(async (role: 'primary' | 'standby' | 'auto') => ends(await (await import('./order.js')).order({ command: 'role', role })));

  program
    .command('flush')
    .description('remove every route and rule that the agent owns, and give back what it took over (refuses while the daemon runs, which would put them back)')
    .option(...CONFIG_OPTION)
    .option('--force', 'also while the daemon runs')
    .option('--dry-run', 'print what would be removed')
    .action(async (options: { config: string; force?: boolean; dryRun?: boolean }) => ends(await (await import('./flush.js')).flush(options)));

  program
    .command('restore')
    .description('give back the default routes that were taken over (refuses while the daemon runs, which would take them again)')
    .option('--force', 'also while the daemon runs')
    .option('--dry-run', 'print what would be given back')
    .option('--after-stop', 'do nothing when systemd is about to start the daemon again; for ExecStopPost=')
    .addHelpText('after', '\nDoing it twice changes nothing. Exit status 1: something could not be given back, and stays recorded.')
    .action(async (options: { force?: boolean; dryRun?: boolean; afterStop?: boolean }) => ends(await (await import('./restore.js')).restore(options)));

  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish'] as const))
    .addHelpText('after', '\nExamples:\n  source <(backup-router completion bash)\n  backup-router completion bash > /etc/bash_completion.d/backup-router\n  backup-router completion fish | source')
    .action(async (shell: 'bash' | 'zsh' | 'fish') => ends((await import('./completion.js')).completion(shell)));

  return program;
}
