/** What this suite leaves out, by name: kernels without the vrf module are common, so the real thing has a machine of its own. */

import t from 'tap';

t.test(
  'placement in the VRF of the interface, on a real kernel',
  { skip: 'needs a kernel with VRF: sudo scripts/test-vrf runs it in a virtual machine' },
  async () => undefined,
);
