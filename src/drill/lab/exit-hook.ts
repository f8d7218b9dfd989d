/**
 * What happens to open laboratories when the process that made them ends without closing them.
 *
 * What lives here: the hooks on `exit` and on the signals that a terminal or a supervisor sends.
 * What does not: the cleaning itself (lab.ts).
 * Invariant: no hook is left on the process while no laboratory is open, and a signal still ends it
 * as that signal.
 */

interface Closable {
  closeNow(): void;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const open = new Set<Closable>();

/** From now on the laboratory is cleaned up when the process ends. */
export function installExitHook(lab: Closable): void {
  if (open.size === 0) {
    process.on('exit', closeAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  open.add(lab);
}

/** The laboratory is closed. */
export function removeExitHook(lab: Closable): void {
  if (!open.delete(lab) || open.size > 0) return;
  process.off('exit', closeAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

function closeAll(): void {
  for (const lab of [...open]) {
    try {
      lab.closeNow();
    } catch (error) {
      process.stderr.write(`laboratory left behind: ${String(error)}\n`);
    }
  }
}

function onSignal(signal: NodeJS.Signals): void {
  closeAll();
  // closeAll() has taken our handlers away, so the signal now does what it would have done without
  // us. Other handlers hear it twice; those of test runners keep still while they are not alone,
  // and would never end the process otherwise.
  process.kill(process.pid, signal);
}
