/**
 * systemd's configuration files (systemd.syntax(7), systemd.unit(5), networkd.conf(5)): sections,
 * repeated keys, and the precedence of main file and drop-ins over /etc, /run, /usr/local/lib,
 * /usr/lib and /lib. Pure: works on the file tree.
 *
 * Drop-ins are applied in the order of their file names, whatever their directory. Of several
 * files with one name, the one in the first directory counts. An empty value resets a list.
 */

import { type FileTree, type FoundFile, filesIn } from './files.js';

/** The `systemd` directory below each base, highest precedence first. */
export const SYSTEMD_DIRECTORIES: readonly string[] = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map(
  (base) => `${base}/systemd`,
);

/** Where systemd looks for files of these names and for their drop-ins. */
export function systemdPaths(...names: readonly string[]): readonly string[] {
  return SYSTEMD_DIRECTORIES.flatMap((directory) =>
    names.flatMap((name) => [`${directory}/${name}`, `${directory}/${name}.d`]),
  );
}

export interface IniSetting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** `/etc/systemd/networkd.conf:3`. */
  readonly where: string;
}

/** Every assignment of a file, in order. Comments and continued lines follow systemd.syntax(7). */
export function parseIni(file: FoundFile): readonly IniSetting[] {
  const settings: IniSetting[] = [];
  let section = '';
  let continued: { readonly text: string; readonly line: number } | undefined;
  file.text.split('\n').forEach((raw, i) => {
    const trimmed = raw.trim();
    if (trimmed.startsWith('#') || trimmed.startsWith(';')) return;
    const line = continued?.line ?? i + 1;
    const text = continued === undefined ? trimmed : `${continued.text} ${trimmed}`;
    continued = undefined;
    if (text.endsWith('\\')) {
      continued = { text: text.slice(0, -1).trimEnd(), line };
      return;
    }
    const head = /^\[(.+)\]$/.exec(text)?.[1];
    if (head !== undefined) section = head;
    const at = text.indexOf('=');
    if (head === undefined && at > 0)
      settings.push({
        section,
        key: text.slice(0, at).trim(),
        value: text.slice(at + 1).trim(),
        where: `${file.path}:${line}`,
      });
  });
  return settings;
}

/**
 * The main file (from the first directory that has it) and its drop-ins, in the order in which
 * they are applied. `name`: `networkd.conf`, `system/x.service`.
 */
export function systemdFiles(tree: FileTree, name: string): readonly FoundFile[] {
  const main = SYSTEMD_DIRECTORIES.flatMap((directory) => found(tree, `${directory}/${name}`)).slice(0, 1);
  const dropIns = new Map<string, FoundFile>();
  for (const directory of SYSTEMD_DIRECTORIES) {
    for (const file of filesIn(tree, `${directory}/${name}.d`, '.conf')) {
      const base = file.path.slice(file.path.lastIndexOf('/') + 1);
      if (!dropIns.has(base)) dropIns.set(base, file);
    }
  }
  return [...main, ...[...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file)];
}

/**
 * The values in force: those after the last empty assignment. For a key with one value the last
 * one counts.
 */
export function valuesOf(files: readonly FoundFile[], section: string, key: string): readonly IniSetting[] {
  const all = files.flatMap(parseIni).filter((setting) => setting.section === section && setting.key === key);
  return all.slice(all.findLastIndex((setting) => setting.value === '') + 1);
}

/** A boolean of systemd; undefined if the value is not one. */
export function booleanOf(value: string): boolean | undefined {
  if (/^(1|y|yes|t|true|on)$/i.test(value)) return true;
  return /^(0|n|no|f|false|off)$/i.test(value) ? false : undefined;
}

function found(tree: FileTree, path: string): readonly FoundFile[] {
  const entry = tree.get(path);
  return entry?.kind === 'file' ? [{ path, text: entry.text }] : [];
}
