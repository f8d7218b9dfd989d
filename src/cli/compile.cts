/**
 * `node compile.cjs`: writes, beside the daemon's bundle and its parser of configurations, what V8 makes of them, for backup-router.cts. To be run
 * with the Node that is to run the daemon, by whoever may write there: scripts/lib/bundle.mjs for this checkout, scripts/install for the installed system.
 *
 * What V8 makes of them should be the functions that a start runs until its first route is on the way, and no others: each costs time to read. So a
 * start is rehearsed here, against a kernel on tape (tape.cts). The first run reads the configuration, whose parser is kept then, and leaves it
 * compiled; the second, with code of its own, is the daemon's that is kept. Where a rehearsal fails all functions of the daemon are taken, which
 * costs a start 2 ms, and the parser is left to the start.
 */

import fs = require('node:fs');
import os = require('node:os');
import path = require('node:path');
import v8 = require('node:v8');
import vm = require('node:vm');
import tape = require('./tape.cjs');

/** Bytes of the comment with the digest that the bundle begins with. */
const LABEL = 24;
const REHEARSAL_MS = 10_000;

const directory = path.join(__dirname, '../..');

/** A file of the bundle. */
interface Part {
  readonly filename: string;
  readonly source: string;
  /** Where V8's code of it is written. */
  readonly compiled: string;
}

function partOf(name: string): Part {
  const filename = path.join(directory, `${name}.cjs`);
  return {
    filename,
    source: fs.readFileSync(filename, 'latin1'),
    compiled: path.join(directory, `${name}.compiled`),
  };
}

const daemon = partOf('daemon');
const parser = partOf('config');

/**
 * On the disk before it has its name: what V8 takes it runs unseen, and a file that a power failure left full of zeros behind a good label would kill
 * every start (seen: SIGSEGV, SIGTRAP).
 */
function write({ source, compiled }: Part, script: vm.Script): void {
  const file = fs.openSync(`${compiled}.new`, 'w', 0o644);
  fs.writeFileSync(file, Buffer.concat([Buffer.from(source.slice(0, LABEL), 'latin1'), script.createCachedData()]));
  fs.fsyncSync(file);
  fs.closeSync(file);
  fs.renameSync(`${compiled}.new`, compiled);
}

/** All functions now, in place of each at its first call. What V8 checks includes this flag, so it is set back before the code is written. */
function compileAll(): vm.Script {
  v8.setFlagsFromString('--no-lazy');
  const script = new vm.Script(daemon.source, { filename: daemon.filename });
  v8.setFlagsFromString('--lazy');
  return script;
}

function configuration(state: string): string {
  return `management-interface: eth0
backup-router: {address: 198.51.100.1, destination: [10.0.0.0/8, 172.16.0.0/12]}
inet6-backup-router: {address: "2001:db8::1", destination: "2001:db8:100::/40"}
routing-daemon: {frr: {daemons: [zebra], socket-directory: ${JSON.stringify(path.join(state, 'none'))}}}
`;
}

/** The file system as the agent's user has it, whoever builds; without its log. */
const quietFs = {
  ...fs,
  readFileSync: (file: string, options?: BufferEncoding): string | Buffer =>
    file === '/proc/self/status'
      ? 'Name:\tnode\nCapEff:\t0000000000001000\nCapBnd:\t0000000000001000\n'
      : fs.readFileSync(file, options),
  writeSync: (fd: number, text: string): number => (fd === 2 ? text.length : fs.writeSync(fd, text)),
};

interface Bundle {
  daemon(config: string | undefined): Promise<void>;
}

/** Evaluates a file of the bundle as backup-router.cts does. V8 knows code again by text and name: another name, code of its own. */
function load({ source }: Part, filename: string): { readonly script: vm.Script; readonly exports: unknown } {
  const script = new vm.Script(source, { filename });
  const loaded = { exports: {} };
  (script.runInThisContext() as (...scope: readonly unknown[]) => void)(
    loaded.exports,
    provide,
    loaded,
    filename,
    directory,
  );
  return { script, exports: loaded.exports };
}

let parserLoaded: ReturnType<typeof load> | undefined;

function provide(id: string): unknown {
  if (id === 'node:fs') return quietFs;
  if (!id.endsWith('/config.cjs')) return require(id);
  parserLoaded ??= load(parser, parser.filename);
  return parserLoaded.exports;
}

async function rehearse(): Promise<void> {
  // Not beside the bundle, whose path may be too long for a socket: unix(7).
  const state = fs.mkdtempSync(path.join(os.tmpdir(), 'backup-router-'));
  process.on('exit', () => fs.rmSync(state, { recursive: true, force: true }));
  const config = path.join(state, 'config.yaml');
  fs.writeFileSync(config, configuration(state));
  process.env['STATE_DIRECTORY'] = process.env['RUNTIME_DIRECTORY'] = state;
  delete process.env['NOTIFY_SOCKET'];
  let changed = (): void => undefined;
  const play = tape.tapeNetlink(() => changed());
  process.dlopen = (module: object, file: string): void => {
    if (!file.includes('netlink')) throw new Error('not in a rehearsal');
    Object.assign(module, { exports: play });
  };
  let ended = false;
  const first = (load(daemon, `${daemon.filename} (reading)`).exports as Bundle)
    .daemon(config)
    .finally(() => (ended = true));
  while (!fs.existsSync(path.join(state, 'last-known-good.json'))) {
    if (ended) throw new Error('no configuration was kept');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  process.emit('SIGTERM');
  await first;
  const { script, exports } = load(daemon, daemon.filename);
  changed = () => finish(script);
  await (exports as Bundle).daemon(config);
}

/** Ends the process, whatever the agent that is being rehearsed has begun. */
function finish(script: vm.Script): never {
  const scripts: readonly (readonly [Part, vm.Script | undefined])[] = [
    [daemon, script],
    [parser, parserLoaded?.script],
  ];
  for (const [part, made] of scripts) {
    try {
      if (made !== undefined) write(part, made);
    } catch (error) {
      process.stderr.write(`${part.compiled} cannot be written: ${String(error)}\n`);
      process.exit(1);
    }
  }
  process.exit(0);
}

const instead = (reason: string): never => {
  process.stderr.write(`the start could not be rehearsed (${reason}): all of the daemon is compiled\n`);
  finish(compileAll());
};
const failed = (error: unknown): never => instead(error instanceof Error ? error.message : String(error));
setTimeout(() => instead('no route'), REHEARSAL_MS).unref();
process.once('uncaughtException', failed);
rehearse().then(() => instead('it ended'), failed);
