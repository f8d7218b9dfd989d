/**
 * Gathers all evidence for a configuration and a root directory. The gatherers run in parallel,
 * and none can make another fail.
 */

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LoadedConfig } from '../../config/load.js';
import { linkOf } from '../../core/management.js';
import { watchedDaemons } from '../../health/watched.js';
import type { Config } from '../../model/config.js';
import { selectorText } from '../../model/config.js';
import { codeOf } from '../../model/error.js';
import type { Paths } from '../../model/paths.js';
import { libcFault, loadLibc } from '../../native/libc.js';
import { textOf } from '../files.js';
import { frrLines } from '../frr-config.js';
import { staticsOf } from '../frr-statics.js';
import type { Host } from '../host.js';
import { type Seen, seen } from '../seen.js';
import { gatherAgent } from './agent.js';
import { gatherFiles, type HostPaths, readOne } from './files.js';
import { gatherKernel, gatherNextHops, gatherRules } from './kernel.js';
import { gatherBirdFiles, gatherProcesses, identityOf } from './processes.js';
import { gatherSockets, stepsTo } from './sockets.js';
import { gatherShippedUnit, gatherSystemd } from './systemd.js';

interface GatherOptions {
  readonly config: Config;
  readonly loaded: LoadedConfig;
  /** See `Host.missing`. */
  readonly missing?: readonly string[];
  readonly paths: Paths;
  readonly host: HostPaths;
}

export async function gatherHost({ config, loaded, missing, paths, host }: GatherOptions): Promise<Host> {
  const [kernel, rules, sockets, agent, systemd] = await Promise.all([
    gatherKernel(config),
    gatherRules(),
    gatherSockets(config),
    gatherAgent(paths.controlSocket),
    gatherSystemd(host.root),
  ]);
  const names = config.managementInterfaces.map(
    ({ selector }) =>
      (kernel.kind === 'seen' ? linkOf(selector, kernel.value.snapshot)?.name : undefined) ?? selectorText(selector),
  );
  const state = dirname(paths.lastKnownGood);
  const native = loadLibc();
  // A running BIRD may use other files. Below another root nothing runs.
  const watchesBird = config.routingDaemons.some(({ kind }) => kind === 'bird');
  const birdFiles = host.root === '' && watchesBird ? gatherBirdFiles() : seen([]);
  const files = gatherFiles(host, names, birdFiles.kind === 'seen' ? birdFiles.value : []);
  const nextHops = await gatherNextHops(
    staticsOf(frrLines({ config, files, ...sockets }).lines),
    kernel.kind === 'seen' ? kernel.value.snapshot.links : [],
  );
  return {
    config,
    watched: watchedDaemons(config.routingDaemons),
    configuration: {
      file: paths.configFile,
      diagnostics: loaded.diagnostics,
      text: loaded.text,
      ...(missing === undefined ? {} : { missing }),
      kept: keptText(paths.lastKnownGood),
      keptPath: paths.lastKnownGood,
    },
    files,
    nextHops,
    birdFiles,
    kernel,
    rules,
    ...sockets,
    agent,
    self: identityOf('self', 'this user') ?? {
      who: 'this user',
      uid: process.geteuid?.() ?? 0,
      groups: process.getgroups?.() ?? [],
      capabilities: 0n,
    },
    processes: gatherProcesses(),
    systemd,
    shippedUnit: gatherShippedUnit(),
    stateDirectory: { path: state, steps: stepsTo(state), exists: whetherExists(state) },
    nativeFault: native === undefined ? libcFault() : undefined,
    clock: { now: Date.now(), built: builtAt() },
  };
}

/** The last known good copy without the line with its checksum (runtime/last-known-good.ts). */
function keptText(path: string): Seen<string | undefined> {
  const kept = textOf(readOne(path), path);
  return kept.kind === 'seen' ? seen(kept.value?.replace(/\n# last known good, crc32 \w+\n$/, '')) : kept;
}

function whetherExists(path: string): 'yes' | 'no' | 'unseen' {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined ? 'no' : 'yes';
  } catch (error) {
    return codeOf(error) === 'ENOTDIR' ? 'no' : 'unseen';
  }
}

/** When this program was built: the time of its file. */
function builtAt(): number {
  try {
    return statSync(import.meta.filename).mtimeMs;
  } catch {
    return 0;
  }
}
