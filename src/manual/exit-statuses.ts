/** The exit statuses as a table, for backup-router(8) and docs/AUTOMATION.md. */

import { EXIT } from '../model/exit.js';

interface Meaning {
  readonly what: string;
  /** Which commands exit with it, and when. */
  readonly when: string;
}

export const EXIT_MEANING: Readonly<Record<keyof typeof EXIT, Meaning>> = {
  OK: { what: 'Done, and the state is the wanted one.', when: 'every command' },
  NOT_IN_STATE: {
    what: 'The command worked, and the state is not the wanted one.',
    when:
      'status: routes should be in and are not, or carry nothing; no backup router answers while they are in; a destination is uncovered; ' +
      'what runs is the last known good copy or a part of the file. ' +
      'doctor: a warning or an error. explain: the kernel uses another route than its tables predict. init: something could not be determined. ' +
      'reload --confirm: not confirmed. confirm: there is nothing to confirm. convert -o: the file exists. ' +
      'flush, restore: the agent runs, or the kernel refuses. drill: a case failed',
  },
  USAGE: { what: 'The command line is wrong.', when: 'every command' },
  UNAVAILABLE: {
    what: 'The agent does not run, or another one runs already.',
    when: 'status, metrics, reload, confirm, hold, role, and events where no history is left; run: a second one; drill: neither FRR nor BIRD is installed',
  },
  SOFTWARE: { what: 'A bug, or an answer that cannot be read.', when: 'every command' },
  IO: { what: 'The output could not be written: a full disk, a terminal that is gone.', when: 'every command' },
  NO_PERMISSION: {
    what: 'A capability or permission is missing; the message names it, and the command to type instead.',
    when: 'run, flush, restore, drill; reload, confirm, hold and role without root; status and events outside of the group backup-router',
  },
  CONFIG: {
    what: 'The configuration has errors, or a file that was named cannot be used.',
    when: 'check, convert; plan, explain, routes, flush, drill with -c; doctor; reload: the file is refused; run: no part of it can be used',
  },
};

const BEGIN = '<!-- exit statuses -->';
const END = '<!-- end -->';

/** The document with its table up to date. */
export function withExitTable(document: string): string {
  const [start, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`no ${BEGIN} ... ${END}`);
  const rows = (Object.keys(EXIT) as (keyof typeof EXIT)[]).map(
    (name) => `| ${EXIT[name]} | ${EXIT_MEANING[name].what} | ${EXIT_MEANING[name].when} |`,
  );
  const table = ['| status | meaning | when |', '|---|---|---|', ...rows].join('\n');
  return `${document.slice(0, start)}${BEGIN}\n\n${table}\n\n${document.slice(end)}`;
}
