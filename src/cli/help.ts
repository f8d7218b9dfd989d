/**
 * The part of `--help` after the options of each command: exit statuses, files, examples. Lines are
 * at most 80 columns wide, and commands to paste are on lines of their own. The manual page is
 * generated from the same text.
 */

export const HELP = {
  program: `
Files:
  /etc/backup-router/config.yaml      the destinations, and the routers to them
  /run/backup-router/control.sock     where the agent answers

Exit status: 0 done, 1 not in the wanted state, 64 usage, 69 agent not running,
77 no permission, 78 configuration.`,

  run: `
Examples:
  sudo backup-router run -c ./config.yaml
  backup-router run --dry-run -c ./config.yaml      # needs no privileges`,

  status: `
Exit status 1: the routes should be in and are not, or the agent does not run
the whole configuration file.

Examples:
  backup-router status
  backup-router status --watch
  backup-router status --json | jq .routes.phase`,

  events: `
Examples:
  backup-router events -f
  backup-router events --since 24h
  backup-router events --since 168h --json | jq 'select(.kind == "outage-ended") | .lengthMs'`,

  hooks: `
Each executable file of the directory is run for each event, one after the other
by name, with the event in its environment: BACKUP_ROUTER_EVENT and so on.

Example:
  systemctl enable --now backup-router-hooks`,

  metrics: `
The same text is in /run/backup-router/metrics.prom, for node_exporter.
While no agent runs: backup_router_up 0, and exit status 69.

Examples:
  backup-router metrics | grep gateway_up
  backup-router metrics --json | jq '.metrics[] | select(.name == "backup_router_gateway_up").samples'
  ln -s /run/backup-router/metrics.prom /var/lib/prometheus/node-exporter/backup-router.prom
  backup-router metrics --listen 127.0.0.1:9787`,

  explain: `
Needs no running agent and no privileges.

Exit status 1: the kernel takes another route than its rules and routes predict.

Examples:
  backup-router explain 10.99.0.10
  backup-router explain 10.99.0.10 --from 192.0.2.7
  backup-router explain 2001:db8::1 --json | jq -r '.states[] | [.state, .carrier] | @tsv'`,

  plan: `
Changes nothing and needs no privileges. Exit status 0, whether there is
something to do or not.

Examples:
  backup-router plan -c ./new.yaml
  backup-router plan --json | jq -r .in.commands[]`,

  check: `
Exit status 78: the file has errors. Warnings alone are fine.`,

  convert: `
What Junos cannot express is named on standard error.

Exit status 78: the input has errors.

Examples:
  backup-router convert router.conf --interface eth0 -o /etc/backup-router/config.yaml
  ssh router1 "show configuration | display set | no-more" | backup-router convert --interface eth0
  backup-router convert /etc/backup-router/config.yaml --to set`,

  doctor: `
Needs no running agent and changes nothing. As root it checks more: it also asks
the backup router by ARP or ND, and FRR for its configuration.

Exit status: 0 nothing worse than notes, 1 a warning or an error,
78 the configuration has errors.

Examples:
  sudo backup-router doctor
  backup-router doctor -c ./config.yaml --verbose
  backup-router doctor --json | jq -r '.findings[] | select(.severity == "error") | .code'`,

  reload: `
With --confirm on a terminal, ENTER confirms. The rollback survives a restart of
the agent and of the host. A second reload before the confirmation reads the file
again and restarts the time.

Exit status: 1 not confirmed, 78 the file is refused; the former configuration
stays in force.

Examples:
  sudo backup-router reload
  sudo backup-router reload --dry-run
  sudo backup-router reload --confirm 5m      # then, from outside: backup-router confirm`,

  init: `
Exit status 1: something could not be determined, or keeps the routes out;
standard error says what.

Examples:
  backup-router init
  backup-router init | sudo tee /etc/backup-router/config.yaml`,

  confirm: `
Exit status 1: there is nothing to confirm.`,

  hold: `
Survives a restart of the agent.

Examples:
  sudo backup-router hold 30m      # before an upgrade of FRR
  sudo backup-router hold off`,

  role: `
Survives a restart of the agent.

Example, as keepalived notify script (write whole paths there):
  notify_master "backup-router role master"
  notify_backup "backup-router role backup"
  notify_fault  "backup-router role fault"
  notify_stop   "setsid -f backup-router role standby"`,

  restore: `
Doing it twice changes nothing.

Exit status 1: something could not be given back, and stays recorded.`,

  drill: `
Safe on a router in production: it works in namespaces of its own that vanish
with it, even when it is killed.

Exit status: 0 all cases passed, 1 some failed, 69 neither FRR nor BIRD is installed,
77 not root, 78 configuration.

Examples:
  sudo backup-router drill
  sudo backup-router drill -c ./new.yaml --case kill hang
  sudo backup-router drill --daemon bird --json | jq .cases`,

  completion: `
Examples:
  source <(backup-router completion bash)
  backup-router completion bash > /etc/bash_completion.d/backup-router
  backup-router completion fish | source`,
} as const;
