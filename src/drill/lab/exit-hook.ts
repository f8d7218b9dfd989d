/**
 * Cleans up open laboratories when the process that made them ends without closing them: hooks on
 * `exit` and on the signals that a terminal or a supervisor sends. The cleaning itself is in
 * lab.ts.
 *
 * Invariant: the process has no hook while no laboratory is open, and a signal still ends it as
 * that signal.
 */

interface Closable {
  closeNow(): void;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const open = new Set<Closable>();

/** Registers the laboratory for clean-up at the end of the process. */
export function installExitHook(lab: Closable): void {
  if (open.size === 0) {
    process.on('exit', closeAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  open.add(lab);
}

/** Unregisters a closed laboratory. */
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
  // closeAll() has removed our handlers, so the signal now has its default effect. Other handlers
  // get it twice. The handlers of test runners do nothing while another handler exists, so without
  // this the process would never end.
  process.kill(process.pid, signal);
}
