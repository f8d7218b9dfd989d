/**
 * Whether a configuration file, with its parts, still says what was read from it. A look costs one stat(2) for each and the names of the
 * parts; the files are read again only where that has changed, and then once.
 */

import { type BigIntStats, statSync } from 'node:fs';
import { partsOf } from '../config/files.js';

export interface FileDrift {
  /** How the file is now. */
  look(): string;
  /** What was read when it was so has been taken. */
  taken(look: string): void;
  /** Whether it says something else by now, or nothing any more. `text`: what was read; undefined: any change counts. */
  changed(text: string | undefined): boolean;
}

/** `textOf`: what the file says; undefined: it cannot be read. */
export function createDrift(path: string, textOf: () => string | undefined): FileDrift {
  const look = (): string => [path, ...partsOf(path).names].map(signature).join(' ');
  let known = look();
  let last: { readonly signature: string; readonly text: string | undefined; readonly changed: boolean } | undefined;
  return {
    look,
    taken(look) {
      known = look;
      last = undefined;
    },
    changed(text) {
      const now = look();
      if (now === known) return false;
      if (last?.signature !== now || last.text !== text)
        last = { signature: now, text, changed: text === undefined || textOf() !== text };
      return last.changed;
    },
  };
}

function signature(path: string): string {
  let stat: BigIntStats;
  try {
    stat = statSync(path, { bigint: true });
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
  return `${path}.${stat.dev}.${stat.ino}.${stat.size}.${stat.mtimeNs}`;
}
