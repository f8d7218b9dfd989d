/** The name of an event's field in the journal and in the environment of a hook. */

/** Maximum length of a journal field's name (journal_field_valid, src/libsystemd/sd-journal). */
const MAX_NAME = 64;

/**
 * `wasForMs` and `was_for_ms` become BACKUP_ROUTER_WAS_FOR_MS. The `id` of a daemon becomes
 * BACKUP_ROUTER_DAEMON.
 */
export function fieldName(key: string): string {
  const word = key === 'id' ? 'daemon' : key.replace(/[A-Z]/g, (letter) => `_${letter}`);
  return `BACKUP_ROUTER_${word.toUpperCase().replace(/[^A-Z0-9_]/g, '_')}`.slice(0, MAX_NAME);
}
