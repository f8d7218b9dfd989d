/**
 * The router's FRR with a static default route of each family in a VRF, through the peer.
 *
 * From FRR 10 on static routes are configured in mgmtd; neither it nor staticd takes a configuration file on the command line
 * any more, and mgmtd has its other sockets in /run/frr: one FRR at a time in the machine.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FRR_BINARIES, prepareFrr } from '../../src/drill/lab/frr.js';
import type { Process } from '../../src/drill/lab/process.js';
import { askVty } from '../../src/drill/lab/vty.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { PATIENCE } from './agent.js';
import { PEER, type VrfNetwork } from './network.js';

export interface VrfFrr {
  /** zebra's, with each command that was put to one of its vtys. */
  readonly zebraLog: string;
  start(): Promise<void>;
  /**
   * Ends what is left of it and starts all. A new zebra alone is not enough: the staticd of FRR 10.3 that survived it does not announce its
   * routes in a VRF again (45 s), and zebra keeps the stale ones of its former life, flagged as such.
   */
  restart(): Promise<void>;
  /** SIGKILL; resolves with the time (Date.now()) of the signal. */
  killZebra(): Promise<number>;
  /** SIGTERM to all. */
  stop(): Promise<void>;
}

/** Configured, not started. */
export function prepareVrfFrr({ router, frrDirectory }: VrfNetwork, vrf: string, gateways = PEER): VrfFrr {
  const lines = [`ip route 0.0.0.0/0 ${gateways.inet} vrf ${vrf}`, `ipv6 route ::/0 ${gateways.inet6} vrf ${vrf}`];
  const managed = existsSync(join(FRR_BINARIES, 'mgmtd'));
  const frr = prepareFrr(router, {
    directory: frrDirectory,
    daemons: { zebra: 'log commands', ...(managed ? {} : { staticd: lines.join('\n') }) },
  });
  const others: Process[] = [];
  const startOther = async (name: string): Promise<void> => {
    const at = (file: string): string => join(frrDirectory, file);
    others.push(
      router.spawn(
        [
          join(FRR_BINARIES, name),
          '-u',
          'frr',
          '-g',
          'frr',
          '-P',
          '0',
          '-i',
          at(`${name}.pid`),
          '-z',
          at('zserv.api'),
          '--vty_socket',
          frrDirectory,
        ],
        { closeSignal: 'SIGKILL' },
      ),
    );
    await eventually(async () => (await askVty(at(`${name}.vty`), 'echo alive')).includes('alive'), {
      ...PATIENCE,
      what: `${name} answers`,
    });
  };
  const start = async (): Promise<void> => {
    await frr.start(undefined, PATIENCE.timeoutMs);
    if (!managed) return;
    await startOther('mgmtd');
    await startOther('staticd');
    frr.configureRunning('mgmtd', lines);
  };
  const stop = async (): Promise<void> => {
    for (const other of others.splice(0).reverse()) await other.stop();
    await frr.stop();
  };
  return {
    zebraLog: join(frrDirectory, 'zebra.log'),
    start,
    stop,
    killZebra: () => frr.kill('zebra'),
    async restart() {
      await stop();
      await start();
    },
  };
}
