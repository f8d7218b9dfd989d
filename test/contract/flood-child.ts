/**
 * Run by flood.test.ts in a process and a network namespace of its own. The JavaScript thread
 * blocks in execFileSync while `ip -batch` floods the event socket. It prints one line of JSON;
 * how the process ends is half of the result.
 */

import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KernelHint } from '../../src/core/ports.js';
import { openKernel } from '../../src/kernel/kernel.js';
import { defaultPrefix } from '../../src/model/prefix.js';
import type { Route } from '../../src/model/route.js';
import { disableLibc } from '../../src/native/libc.js';
import { ip } from './real-world.js';
import { settle } from './world.js';

const mode = process.argv[2] ?? '';
const ROUTES = Number(process.argv[3]);

/** Foreign routes and link changes; in the middle our route is deleted. */
function flood(): void {
  const lines: string[] = [];
  for (let i = 0; i < ROUTES; i++) {
    lines.push(`route add 10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}/32 dev mgmt0 proto 186`);
    if (i % 100 === 0) lines.push(`link set mgmt0 mtu ${1400 + ((i / 100) % 100)}`);
    if (i === Math.floor(ROUTES / 2)) lines.push('route del default table 25500 metric 1');
  }
  const file = join(tmpdir(), `backup-router-flood-${process.pid}`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  try {
    execFileSync('ip', ['-force', '-batch', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  } finally {
    rmSync(file);
  }
}

let thrown = 0;
if (mode === 'throw') process.on('uncaughtException', () => thrown++);
if (mode === 'no-koffi') disableLibc();

ip('link', 'set', 'lo', 'up');
ip('link', 'add', 'mgmt0', 'type', 'veth', 'peer', 'name', 'far0');
ip('link', 'set', 'far0', 'up');
ip('link', 'set', 'mgmt0', 'up');
ip('address', 'add', '198.51.100.2/24', 'dev', 'mgmt0');

const kernel = openKernel();
const request = { protocol: 157, maxLength: mode === 'wide' ? { inet: 32, inet6: 128 } : { inet: 16 } };
const hints: KernelHint[] = [];
kernel.subscribe(request, (hint) => {
  hints.push(hint);
  if (mode.startsWith('throw')) throw new Error('a listener with a bug');
});
const { links } = await kernel.observe(request);
const interfaceIndex = links.find((link) => link.name === 'mgmt0')!.index;
const own: Route = {
  family: 'inet',
  table: 25500,
  destination: defaultPrefix('inet'),
  metric: 1,
  tos: 0,
  protocol: 157,
  type: 'unicast',
  nexthops: [{ gateway: '198.51.100.1', interfaceIndex, dead: false }],
};
const added = await kernel.apply([{ kind: 'add-route', route: own }]);
hints.length = 0;
const before = process.cpuUsage();
flood();
// Events may arrive late on a busy machine.
for (let seen = -1; seen !== hints.length; ) {
  seen = hints.length;
  for (let i = 0; i < 5; i++) await settle();
}
if (mode === 'no-koffi') await new Promise((resolve) => setTimeout(resolve, 1200));
const cpu = process.cpuUsage(before);
const main = await kernel.observe({ protocol: 157, maxLength: { inet: 32 } });
const again = await kernel.apply([{ kind: 'add-route', route: own }]);
kernel.close();
console.log(
  JSON.stringify({
    thrown,
    added,
    again,
    foreignRoutes: main.foreignRoutes.length,
    ownDeleted: hints.filter((hint) => hint.ownDeleted).map((hint) => hint.text),
    overflow: hints.filter((hint) => hint.kind === 'overflow').map((hint) => hint.text),
    routeHints: hints.filter((hint) => hint.kind === 'route').length,
    linkHints: hints.filter((hint) => hint.kind === 'link').length,
    cpuMs: Math.round((cpu.user + cpu.system) / 1000),
  }),
);
