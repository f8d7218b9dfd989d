/**
 * Rewrites remedies for a host without systemd: commands with systemctl become the commands of
 * such a host. It is done in one place, so that no check can forget it.
 */

const AGENT = String.raw`backup-router(?:\.service)?`;

/** Applied in this order: longer patterns come first. */
const REPLACED: readonly (readonly [RegExp, string])[] = [
  [/systemctl start frr; systemctl status frr/g, '/usr/lib/frr/frrinit.sh start'],
  [/systemctl start bird; systemctl status bird/g, 'bird'],
  [/systemctl (start|restart) frr(?:\.service)?\b/g, '/usr/lib/frr/frrinit.sh $1'],
  [/systemctl restart bird\b/g, 'birdc down; bird'],
  [new RegExp(` && systemctl (?:start|restart) ${AGENT}`, 'g'), '      # and start the agent again'],
  [new RegExp(`^systemctl (?:start|restart|enable --now) ${AGENT}`, 'gm'), '# start the agent again'],
  [
    new RegExp(String.raw`^systemctl edit ${AGENT}\n\[Service\]$`, 'gm'),
    '# as systemd would say it, to whatever starts the agent:',
  ],
  [new RegExp(`^# then: systemctl restart ${AGENT}$`, 'gm'), '# then start the agent again'],
  [new RegExp(String.raw`^# or in a drop-in \(systemctl edit ${AGENT}\):$`, 'gm'), '# or, as systemd would say it:'],
  [new RegExp(`^journalctl -u ${AGENT}.*$`, 'gm'), '# see what the agent writes to its standard error'],
];

export function withoutSystemd(remedy: string): string {
  return REPLACED.reduce((text, [pattern, words]) => text.replace(pattern, words), remedy);
}
