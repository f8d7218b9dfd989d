/**
 * Names what this suite leaves out. Many kernels have no vrf module, so the real test runs in a
 * virtual machine of its own.
 */

import t from 'tap';

t.test(
  'placement in the VRF of the interface, on a real kernel',
  { skip: 'needs a kernel with VRF: sudo scripts/test-vrf runs it in a virtual machine' },
  async () => undefined,
);
