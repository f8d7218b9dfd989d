/**
 * Backup routes in a VRF, with the kernel's own VRF and FRR's own: runs inside the virtual machine of scripts/test-vrf, which
 * has only what production has, hence Node's own test runner. In a kernel without VRF every test fails; nothing is skipped.
 */

import test from 'node:test';
import { adoptInVrf } from './adopt.js';
import { lifecycle } from './lifecycle.js';
import { insistOnVrf, leaveAndJoin } from './membership.js';

// The name is the one that scripts/test-vrf expects a result of.
await test('vm/vrf', async (t) => {
  await t.test('table 1001', (t) => lifecycle(t, 1001));
  // A number that fits into the 8 bits of rtm_table, where the kernel's messages carry it.
  await t.test('table 100', (t) => lifecycle(t, 100));
  await t.test('the interface leaves its VRF and joins again', leaveAndJoin);
  await t.test('placement vrf', insistOnVrf);
  await t.test('adopt', adoptInVrf);
});
