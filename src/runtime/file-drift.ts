/**
 * Whether a configuration file, with its parts, still has the contents that were read. A check
 * costs one stat(2) for each file and a listing of the parts; files are read again only when that
 * has changed, and then once.
 */

import { type BigIntStats, statSync } from 'node:fs';
import { partsOf } from '../config/files.js';
import { codeOf } from '../model/error.js';

export interface FileDrift {
  /** The present state of the file. */
  look(): string;
  /** The contents that were read in that state are now in use. */
  taken(look: string): void;
  /**
   * Whether the file has other contents now, or none. `text`: what was read; undefined: any change
   * counts.
   */
  changed(text: string | undefined): boolean;
}

/** `textOf` returns the file's contents; undefined when it cannot be read. */
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
    return String(codeOf(error));
  }
  return `${path}.${stat.dev}.${stat.ino}.${stat.size}.${stat.mtimeNs}`;
}
