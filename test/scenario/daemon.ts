/**
 * A routing daemon that says what the scenario tells it to: the Health port, scripted. It knows which prefixes its RIB
 * holds, and answers `holds` from that; what the kernel holds is none of its business (as with real ones: fact F5).
 */

import { questionKey } from '../../src/core/coverage.js';
import type { Health } from '../../src/core/ports.js';
import { protocolsOf } from '../../src/health/frr/protocols.js';
import type { DaemonId, Verdict, WatchedDaemon } from '../../src/model/daemon.js';
import type { Prefix } from '../../src/model/prefix.js';

/** What outlives the agent's view of it: RIB, and the age of each process. */
export interface Rib {
  /** `PREFIX`, or `VRF PREFIX`. */
  readonly held: Set<string>;
  /** `holds` rejects: the daemon cannot be asked. */
  mute: boolean;
  asked: number;
}

export class ScriptedHealth implements Health {
  readonly watched: readonly WatchedDaemon[];
  #listener: ((id: DaemonId, verdict: Verdict) => void) | undefined;
  readonly #rib: Rib;
  readonly #delay: () => Promise<void>;

  constructor(daemons: readonly string[], rib: Rib, delay: () => Promise<void>) {
    this.watched = daemons.map((daemon) => ({ id: `frr/${daemon}`, protocols: protocolsOf(daemon) }));
    this.#rib = rib;
    this.#delay = delay;
  }

  start(listener: (id: DaemonId, verdict: Verdict) => void): void {
    this.#listener = listener;
  }

  async holds(prefixes: readonly Prefix[], vrf?: string): Promise<readonly boolean[]> {
    this.#rib.asked++;
    const held = prefixes.map((prefix) => this.#rib.held.has(questionKey({ prefix, vrf })));
    await this.#delay();
    if (this.#rib.mute) throw new Error('connection closed');
    return held;
  }

  close(): void {
    this.#listener = undefined;
  }

  /** A verdict on one daemon, or on all of them. */
  say(daemon: string, verdict: Verdict): void {
    const ids = this.watched.map(({ id }) => id).filter((id) => daemon === 'frr' || id === `frr/${daemon}`);
    if (ids.length === 0)
      throw new Error(`no daemon ${daemon} is watched (watched: ${this.watched.map(({ id }) => id).join(', ')})`);
    for (const id of ids) this.#listener?.(id, verdict);
  }
}
