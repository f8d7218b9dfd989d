/**
 * README.md and docs/OPERATE.md as a new user follows them, on a router with a real zebra: the
 * smallest configuration, the daemon's death and its outage in the events, a change from afar, and
 * mistakes in the file. The commands are those of the documents; only names and addresses are the
 * laboratory's.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Agent } from '../../src/drill/lab/agent.js';
import type { CommandResult } from '../../src/drill/lab/command.js';
import { prepareFrr } from '../../src/drill/lab/frr.js';
import { zebraConfig } from '../../src/drill/lab/frr-conf.js';
import { eventually } from '../../src/drill/lab/wait.js';
import { startPing } from '../lab/ping.js';
import { STANDARD } from '../lab/standard.js';
import { staticConfig } from '../lab/standard-frr.js';
import { agentIn, laboratory, mark, turned } from './agent-support.js';

const documents = fileURLToPath(new URL('../../../', import.meta.url));
const [README, OPERATE] = ['README.md', 'docs/OPERATE.md'].map((name) =>
  readFileSync(join(documents, name), 'utf8'),
) as [string, string];

/** The smallest useful configuration, as it stands there. */
const SMALLEST = /smallest useful configuration:\n\n```yaml\n([\s\S]*?)```/
  .exec(README)![1]!
  .replace('eth0', 'mgmt0')
  .replace('192.0.2.1 ', `${STANDARD.inet.gateway} `);

/** The commands of the first block of shell below a heading of OPERATE.md, as words. */
function commandsBelow(heading: string): readonly (readonly string[])[] {
  const block = new RegExp(`^## ${heading}\\n[\\s\\S]*?\`\`\`sh\\n([\\s\\S]*?)\`\`\``, 'm').exec(OPERATE)![1]!;
  return block
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/^sudo /, '').split(' '));
}

/** The first words of `status` that OPERATE.md explains, and what each asks of the reader. */
const FIRST_WORDS = new Map(
  [...OPERATE.matchAll(/^\| `((?:IN|OUT|WANTED|\.\.\.)[^`]*)` \| [^|]* \| ([^|]*) \|$/gm)].map(([, words, action]) => [
    words!,
    action!,
  ]),
);

/** A file with the mistake in it, where the mistake is, and its code. */
const MISTAKES: readonly (readonly [text: string, at: string, code: string])[] = [
  [SMALLEST.replace('address', 'adress'), 'adress', 'unknown-key'],
  [SMALLEST.replace('0.1 ', '0.1/24 '), `${STANDARD.inet.gateway}/24`, 'unexpected-length'],
  [SMALLEST.replace('  address', '\taddress'), '\taddress', 'tab-indent'],
  [SMALLEST.replace(STANDARD.inet.gateway, 'fe80::1'), 'fe80::1', 'family-mismatch'],
  [SMALLEST.replace(/^.*\n/, ''), 'backup-router:', 'missing-key'],
  [`${SMALLEST}  destination: 10.1.0.0/8\n`, '10.1.0.0/8', 'host-bits'],
  [`${SMALLEST}withdraw: {hold-time: 5}\n`, '5}', 'missing-unit'],
  [`${SMALLEST}routing-daemon: quagga\n`, 'quagga', 'unknown-value'],
  [`${SMALLEST}management-interface: mgmt1\n`, 'management-interface: mgmt1', 'duplicate-key'],
  [`${SMALLEST}role: slave\n`, 'slave', 'unknown-value'],
];

t.test('from the README to a change from afar', async (t) => {
  const std = laboratory(t);
  const frr = prepareFrr(std.router, {
    directory: join(std.lab.directory, 'frr'),
    daemons: {
      zebra: zebraConfig(),
      staticd: staticConfig([{ prefix: '0.0.0.0/0', gateway: STANDARD.inet.peer }]),
    },
  });
  // The laboratory's FRR has its sockets elsewhere, and five seconds are long for a test.
  const file = `${SMALLEST}routing-daemon: [{frr: {socket-directory: ${frr.directory}}}]\nwithdraw: {hold-time: 500ms}\n`;

  const agent = agentIn(std, file);
  const run = (...words: readonly string[]): Promise<CommandResult> => agent.cli(...words);
  const checked = (): Promise<CommandResult> => run('check', '-c', agent.configFile);
  await agent.waitForLog(/ ready /);
  t.match(await checked(), { status: 0, stdout: /: ok\n$/ });

  await t.test('no routing daemon: in, and the operator gets through', async (t) => {
    t.equal(await headline(agent), 'IN');
    t.ok(FIRST_WORDS.has('IN'));
    const ping = startPing(std.noc, STANDARD.inet.mgmt);
    t.teardown(() => ping.stop());
    await ping.nextReply();
  });

  await t.test('FRR comes: out', async (t) => {
    const from = mark(agent);
    await frr.start();
    await turned(agent, 'out', from);
    t.match(FIRST_WORDS.get(await headline(agent)), 'nothing');
  });

  await t.test('zebra is killed: the events tell the outage', async (t) => {
    const from = mark(agent);
    await frr.kill('zebra');
    await turned(agent, 'in', from);
    t.match(FIRST_WORDS.get(await headline(agent)), 'repair the routing daemon');
    const told = await eventually(
      async () => {
        const { stdout } = await run('events', '--since', '1h');
        return /backup routes in the kernel/.test(stdout) ? stdout : Promise.reject(new Error(stdout));
      },
      { timeoutMs: 15_000, what: 'the whole story' },
    );
    let last = -1;
    for (const line of [
      /frr\/zebra down after .* responsive: /,
      /outage begins \(death\): frr\/zebra is down: /,
      /backup routes IN \(down\) after .* out: /,
      /backup routes in the kernel .* after the outage began/,
    ]) {
      const at = told.split('\n').findLastIndex((text) => line.test(text));
      t.ok(at > last, `${line}, in this order`);
      last = at;
    }
    t.match((await run('status')).stdout, /^last outage +going on for .*\(death\), backup routes in after /m);
    t.match(await run('explain', '10.99.0.10'), { status: 0, stdout: /^crash +/m });
  });

  await t.test('a change from afar: rolled back unless confirmed, then confirmed', async (t) => {
    const changed = `${file}on-stop: withdraw\n`;
    agent.configure(changed);
    t.match(await run('reload', '--dry-run'), { status: 0, stdout: /on-stop/ });
    t.match(await run('reload', '--confirm', '1s'), { status: 0 });
    await agent.waitForLog(/configuration-rolled-back/);
    t.match((await run('status')).stdout, /rolled back/);

    const played: string[] = [];
    for (const words of commandsBelow('Changing the configuration from afar')) {
      played.push(words.slice(0, 2).join(' '));
      if (words[0] === 'sudoedit') agent.configure(`${changed}# again\n`);
      else if (words[1] === 'check') t.match(await checked(), { status: 0 });
      else t.match(await run(...words.slice(1)), { status: 0 }, words.join(' '));
      if (words[1] === 'reload') t.match((await run('status')).stdout, /^unconfirmed /m);
    }
    t.same(played, [
      'sudoedit /etc/backup-router/config.yaml',
      'backup-router check',
      'backup-router reload',
      'backup-router confirm',
    ]);
    t.notMatch((await run('status')).stdout, /^unconfirmed /m);
  });

  await t.test('mistakes: each is one error, at its place, and what runs goes on', async (t) => {
    for (const [text, at, code] of MISTAKES) {
      agent.configure(text);
      const before = text.slice(0, text.indexOf(at)).split('\n');
      const place = `${agent.configFile}:${before.length}:${before.at(-1)!.length + 1}: error: `;
      const { status, stdout, stderr } = await checked();
      t.equal(status, 78, code);
      t.match(stderr, place, `${code} at ${at}`);
      t.match(stderr, `[${code}]`);
      t.match(stdout, /: 1 error\n$/, code);
    }
    t.match(await run('reload'), { status: 78 });
    t.equal(await headline(agent), 'IN');
    t.match((await run('routes')).stdout, new RegExp(`^default +${STANDARD.inet.gateway} +mgmt0 `, 'm'));
  });
});

/** The first words of `status`. */
async function headline(agent: Agent): Promise<string> {
  const { stdout } = await agent.cli('status');
  return /^backup routes +((?:[A-Z]+ ?|\d of \d ?|, )+)(?= for |:)/.exec(stdout)?.[1]?.trim() ?? stdout;
}
