/** Runs the contract of the Kernel port against the fake kernel. */

import t from 'tap';
import { fakeWorld } from './fake-world.js';
import { gatewayContract } from './gateway-contract.js';
import { kernelContract } from './kernel-contract.js';
import { neighbourContract } from './neighbour-contract.js';

kernelContract(t, fakeWorld);
neighbourContract(t, fakeWorld);
gatewayContract(t, fakeWorld);
