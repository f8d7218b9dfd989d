/** The command line that was given, once more and as root: what to paste where a permission was missing. */

/** `sudo backup-router hold 5m`. */
export function sudoAgain(argv: readonly string[] = process.argv.slice(2)): string {
  return ['sudo', 'backup-router', ...argv.map(shellWord)].join(' ');
}

/** Quoted where sh would read it in another way. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
