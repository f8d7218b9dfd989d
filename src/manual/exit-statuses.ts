/** The exit statuses, for backup-router(8) and docs/AUTOMATION.md. */

import { EXIT } from '../model/exit.js';
import { listItem, withPart } from './markdown-list.js';

interface Meaning {
  readonly what: string;
  /** Which commands exit with it, and when. undefined: every command. */
  readonly when?: string;
}

const EXIT_MEANING: Readonly<Record<keyof typeof EXIT, Meaning>> = {
  OK: { what: 'Done, and the state is the wanted one.' },
  NOT_IN_STATE: {
    what: 'The command worked, and the state is not the wanted one.',
    when:
      'status: routes should be in and are not, or carry nothing; no backup router answers while they are in; a destination is uncovered; ' +
      'a copy or a part of the file runs. ' +
      'doctor: a warning or an error. explain: the kernel uses another route than its tables predict. init: something could not be determined. ' +
      'reload --confirm: not confirmed. confirm: there is nothing to confirm. convert -o: the file exists. ' +
      'flush, restore: the agent runs, or the kernel refuses. drill: a case failed',
  },
  USAGE: { what: 'The command line is wrong.' },
  UNAVAILABLE: {
    what: 'The agent does not run, or another one runs already.',
    when: 'status, metrics, reload, confirm, hold, role, and events where no history is left; run: a second one; drill: neither FRR nor BIRD is installed',
  },
  SOFTWARE: { what: 'A bug, or an answer that cannot be read.' },
  IO: { what: 'The output could not be written: a full disk, a terminal that is gone.' },
  NO_PERMISSION: {
    what: 'A capability or permission is missing; the message names it, and the command to type instead.',
    when: 'run, flush, restore, drill; reload, confirm, hold and role without root; status and events outside of the group backup-router',
  },
  CONFIG: {
    what: 'The configuration has errors, or a file that was named cannot be used.',
    when: 'check, convert; plan, explain, routes, flush, drill with -c; doctor; reload: the file is refused; run: no part of it can be used',
  },
};

/** What a status means, and of which commands. */
export function exitMeaning(name: keyof typeof EXIT): string {
  const { what, when } = EXIT_MEANING[name];
  return when === undefined ? what : `${what} (${when}.)`;
}

/** The document with its list up to date. */
export function withExitList(document: string): string {
  const items = (Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) =>
    listItem(`**${EXIT[name]}**`, exitMeaning(name)),
  );
  return withPart(document, 'exit-statuses', items.join(''));
}
