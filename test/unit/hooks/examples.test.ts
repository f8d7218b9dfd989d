/** The examples of hooks, run as the hooks' process runs them, with stand-ins for the programs that they call. */

import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { eventText } from '../../../src/cli/event-text.js';
import { environmentOf } from '../../../src/hooks/environment.js';
import type { Event, Happening } from '../../../src/model/event.js';

const run = promisify(execFile);
const examples = new URL('../../../../docs/examples/', import.meta.url).pathname;
const bin = mkdtempSync(join(tmpdir(), 'br-hook-examples-'));
t.teardown(() => rmSync(bin, { recursive: true }));
const said = join(bin, 'said');
for (const name of ['sendmail', 'snmptrap', 'notify']) {
  writeFileSync(join(bin, name), `#!/bin/sh\n{ echo "$(basename "$0") $*"; [ "$1" != -t ] || cat; } >>${said}\n`);
  chmodSync(join(bin, name), 0o755);
}

const event = (happening: Happening, level: Event['level'] = 'notice'): Event => ({
  ...happening,
  seq: 7,
  at: '2026-05-01T12:00:00.000Z',
  level,
});
const routes = (phase: string, cause?: string): Event =>
  event({ kind: 'routes', phase, cause, was: 'out', wasForMs: 10, reason: 'it\'s $(so)\n"quoted"' });
const gateway = (others: number): Event =>
  event({ kind: 'gateway-dead', gateway: '192.0.2.1', interface: 'eth0', was: 'alive', wasForMs: 1, others }, 'error');

/** What the stand-ins were called with. */
async function hook(name: string, one: Event, more: Readonly<Record<string, string>> = {}): Promise<string> {
  rmSync(said, { force: true });
  const env = { ...environmentOf(one, eventText(one), undefined), PATH: `${bin}:/usr/bin:/bin`, LANG: 'C', ...more };
  // dash, where it is: no word of bash.
  await run('/bin/sh', [join(examples, name)], { env, cwd: '/' });
  return existsSync(said) ? readFileSync(said, 'utf8') : '';
}

t.test('keepalived', async (t) => {
  const notify = (one: Event): Promise<string> =>
    hook('hook-keepalived-notify', one, { BACKUP_ROUTER_NOTIFY: join(bin, 'notify') });
  t.equal(await notify(routes('in', 'down')), 'notify INSTANCE backup-router MASTER 100\n');
  t.equal(await notify(routes('out')), 'notify INSTANCE backup-router BACKUP 100\n');
  t.equal(await notify(routes('out', 'uncovered')), 'notify INSTANCE backup-router FAULT 100\n');
  t.equal(await notify(gateway(0)), 'notify INSTANCE backup-router FAULT 100\n');
  t.equal(await notify(gateway(1)), '', 'another one may be used');
  t.equal(await notify(event({ kind: 'stopping', onStop: 'keep' })), 'notify INSTANCE backup-router STOP 100\n');
  t.equal(await notify(event({ kind: 'order', what: 'x' })), '');
});

t.test('mail', async (t) => {
  const mail = await hook('hook-mail', routes('in', 'down'));
  t.match(mail, /^sendmail -t\nTo: root\nSubject: \S+: backup routes IN \(down\).*\n\n2026-05-01T12:00:00\.000Z\n/);
  t.ok(mail.includes('$(so)'), 'nothing is evaluated');
  t.equal(await hook('hook-mail', event({ kind: 'order', what: 'x' })), '');
});

t.test('SNMP', async (t) => {
  const oid = '1.3.6.1.4.1.8072.2.3';
  const trap = await hook('hook-snmptrap', gateway(0));
  t.ok(
    trap.startsWith(
      `snmptrap -v 2c -c public -t 2 -r 2 192.0.2.50  ${oid}.0.1 ${oid}.2.1 s gateway-dead ${oid}.2.2 s `,
    ),
  );
  t.equal(await hook('hook-snmptrap', event({ kind: 'order', what: 'x' })), '');
});

t.test('HTTP', async (t) => {
  const heard: string[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      heard.push(`${request.method} ${request.headers['content-type']} ${text}`);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  const one = routes('in', 'down');
  await hook('hook-http', one, { BACKUP_ROUTER_HOOK_URL: url });
  t.strictSame(heard, [`POST application/json ${JSON.stringify(one)}`]);
  status = 500;
  await t.rejects(hook('hook-http', one, { BACKUP_ROUTER_HOOK_URL: url }), 'a refusal is a failure');
});
