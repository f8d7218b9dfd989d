/**
 * Runs the contract of the Kernel port against the real kernel. This file starts itself again in a
 * network namespace that ends with the process.
 */

import { fileURLToPath } from 'node:url';
import t from 'tap';
import { gatewayContract } from './gateway-contract.js';
import { kernelContract } from './kernel-contract.js';
import { neighbourContract } from './neighbour-contract.js';
import { NAMESPACE_MARK, realWorld } from './real-world.js';

if (process.env[NAMESPACE_MARK] !== undefined) {
  kernelContract(t, realWorld);
  neighbourContract(t, realWorld);
  gatewayContract(t, realWorld);
} else if (process.getuid?.() !== 0) {
  t.plan(0, 'needs root for a network namespace');
} else {
  const env = { ...process.env, [NAMESPACE_MARK]: 'yes', TAP: '1' };
  t.spawn('unshare', ['--net', process.execPath, fileURLToPath(import.meta.url)], { env }, 'in a namespace of its own');
}
