/**
 * The output of the far side's process (probe-sender.ts), read by probes.ts: one line of JSON
 * every few ticks.
 */

/** The UDP port of the echo. Nothing else listens in the router's namespace. */
export const ECHO_PORT = 7007;

export interface FarSetup {
  readonly intervalMs: number;
  readonly probes: readonly { readonly source: string; readonly target: string }[];
}

export interface FarLine {
  /**
   * Each tick in which one datagram of every probe was sent: its number and its time (Date.now()).
   */
  readonly sent: readonly (readonly [sequence: number, atMs: number])[];
  /** The answers: probe, number of the tick, and the time in milliseconds. */
  readonly answers: readonly (readonly [probe: number, sequence: number, tookMs: number])[];
  /** Packets received since the last line, by device. */
  readonly received: Readonly<Record<string, number>>;
  readonly atMs: number;
}
