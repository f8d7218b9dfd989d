/** The report: worst first, wrapped at 80 columns, remedies left whole, colours only when painted, exit statuses. */

import t from 'tap';
import { paintFor } from '../../../src/cli/terminal.js';
import { diagnose, exitStatusOf, render } from '../../../src/doctor/report.js';
import { seen, unseen } from '../../../src/doctor/seen.js';
import { hostWith, link, socket } from './fixture.js';
import { config } from './row.js';

const PLAIN = { verbose: false, paint: (_: string, text: string) => text } as const;
const bad = hostWith({
  links: [link('mgmt0', 2, { up: false })],
  files: { '/proc/sys/net/ipv4/conf/mgmt0/rp_filter': undefined },
  more: {
    sockets: [socket('frr/zebra', { outcome: 'stale', detail: 'ECONNREFUSED' })],
    processes: unseen('/proc cannot be read'),
  },
});

t.test('for people', async (t) => {
  const text = render(diagnose(bad), PLAIN);
  const lines = text.split('\n');
  t.ok(
    text.indexOf('ERROR') >= 0 &&
      text.indexOf('ERROR') < text.indexOf('WARNING') &&
      text.indexOf('WARNING') < text.indexOf('UNKNOWN'),
    'worst first',
  );
  t.match(
    text,
    /^ERROR {4}interface-down {2}management interface\n {9}mgmt0 is down: [\s\S]*?\n {9}seen {2}2: mgmt0: state DOWN\n {9}do {4}ip link set mgmt0 up\n/m,
  );
  t.strictSame(
    lines.filter((line) => line.length > 80 && !line.startsWith('               ') && !line.startsWith('         do')),
    [],
    '80 columns but for what is pasted',
  );
  t.match(lines.at(-2), /^1 error, 1 warning, 1 note, \d+ checks ok, 2 not possible$/);
  t.notMatch(text, /^OK/m);
  t.match(
    render(diagnose(bad), { ...PLAIN, verbose: true }),
    /^OK {7}interface-missing: every management interface is there$/m,
  );
  const messages = diagnose(bad).findings.filter(({ severity }) => severity !== 'ok' && severity !== 'unknown');
  const whole = render(diagnose(bad), { ...PLAIN, width: Number.POSITIVE_INFINITY }).split('\n');
  t.ok(
    messages.every(({ message }) => whole.includes(`         ${message}`)),
    'a pipe has each message in one line',
  );
  const wide = render(diagnose(bad), { ...PLAIN, width: 120 }).split('\n');
  t.ok(
    wide.some((line) => line.length > 80),
    'a wide terminal is used',
  );
  t.notMatch(render(diagnose(bad), { verbose: true, paint: paintFor({ isTTY: true }, { NO_COLOR: '1' }) }), /\x1b/);
  t.notMatch(render(diagnose(bad), { verbose: true, paint: paintFor({ isTTY: false }, {}) }), /\x1b/);
  t.match(render(diagnose(bad), { verbose: true, paint: paintFor({ isTTY: true }, {}) }), /\x1b\[31mERROR/);
});

t.test('exit statuses', async (t) => {
  t.equal(exitStatusOf(diagnose(hostWith())), 0);
  t.equal(exitStatusOf(diagnose(hostWith({ files: { '/etc/systemd/system.conf': '' } }))), 0, 'a note');
  t.equal(exitStatusOf(diagnose(hostWith({ more: { processes: unseen('x') } }))), 0, 'not possible');
  t.equal(exitStatusOf(diagnose(hostWith({ status: seen(undefined) }))), 1, 'a warning');
  t.equal(exitStatusOf(diagnose(bad)), 1, 'an error');
  t.equal(exitStatusOf(diagnose(hostWith({ config: `${config()}no-such-key: 1\n` }))), 78, 'an error in the file');
});
