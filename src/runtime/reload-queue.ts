/**
 * Reloads run one after the other, so the last one requested is what runs. One that has not begun
 * yet has not read the file, so it serves everybody who asks for the same meanwhile: however many
 * SIGHUPs arrive in a row, one reload follows the one under way. `reload` never rejects.
 */
export function inTurn<T>(reload: (confirmMs?: number) => Promise<T>): (confirmMs?: number) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  /** The last one requested, if it is a plain one that has not begun. */
  let waiting: Promise<T> | undefined;
  return (confirmMs) => {
    if (confirmMs === undefined && waiting !== undefined) return waiting;
    const next = last.then(() => {
      if (waiting === next) waiting = undefined;
      return reload(confirmMs);
    });
    last = next;
    waiting = confirmMs === undefined ? next : undefined;
    return next;
  };
}
