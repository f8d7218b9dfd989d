/**
 * Everything that reads what others have written, as functions of bytes that must not throw: configurations, answers of daemons and of
 * the kernel, requests, records. What else must hold of each is checked here, too: the same meaning however the bytes come in pieces,
 * or whatever lies behind them.
 */

import { existsSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderDiagnostics } from '../../src/config/diagnostic.js';
import { readJunos } from '../../src/config/junos/read.js';
import { writeJunos } from '../../src/config/junos/write.js';
import { parseConfig } from '../../src/config/parse.js';
import { writeYaml } from '../../src/config/write.js';
import { parseRequest } from '../../src/control/protocol.js';
import { ageOf, BIRD } from '../../src/health/bird/dialect.js';
import * as birdRoutes from '../../src/health/bird/routes.js';
import { VTY } from '../../src/health/frr/dialect.js';
import * as frrRoutes from '../../src/health/frr/routes.js';
import type { Dialect } from '../../src/health/session/dialect.js';
import { describe } from '../../src/kernel/describe.js';
import { decodeAddress } from '../../src/kernel/messages/address.js';
import { decodeLink } from '../../src/kernel/messages/link.js';
import { decodeNeighbour, decodeNeighbourState } from '../../src/kernel/messages/neighbour.js';
import { decodeNexthopObject } from '../../src/kernel/messages/nexthop.js';
import { decodeRoute, nexthopObjectOf } from '../../src/kernel/messages/route.js';
import { decodeRule } from '../../src/kernel/messages/rule.js';
import { decodeDone, decodeError } from '../../src/kernel/netlink/answer.js';
import { walkMessages } from '../../src/kernel/netlink/codec.js';
import { decodeProcessMessage } from '../../src/kernel/process/messages.js';
import { parsePrefix } from '../../src/model/prefix.js';
import { routeText, ruleText } from '../../src/model/route-text.js';
import { readAdopted } from '../../src/runtime/adopted-record.js';
import { readCovered } from '../../src/runtime/covered-record.js';
import { readHistory } from '../../src/runtime/history-file.js';
import { readLastKnownGood } from '../../src/runtime/last-known-good.js';
import { readLearned } from '../../src/runtime/learned-record.js';
import { overrideOf, pinOf, readOrders } from '../../src/runtime/orders-record.js';
import { recordText } from '../../src/runtime/record-file.js';
import { roleFrom } from '../../src/runtime/role.js';
import { readUnconfirmed } from '../../src/runtime/unconfirmed-record.js';

export interface Target {
  readonly name: string;
  /** Throws when something does not hold. */
  readonly run: (bytes: Buffer) => void;
  /** What is put into inputs: words that mean something to the reader. */
  readonly words: readonly string[];
}

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what);
};

type Read = ReturnType<typeof parseConfig>;

function readsSoundly(text: string, { config, partial, diagnostics }: Read): void {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  must(!errors.some(({ code }) => code === 'reader-failed'), errors[0]?.message ?? '');
  must((config === undefined) === errors.length > 0, 'a configuration and an error, or neither');
  must(config === undefined || partial === config, 'the valid part of a valid text is the text');
  must(renderDiagnostics(diagnostics).length <= 200_000, 'too much output');
  const lines = text.split(text.includes('\n') ? '\n' : '\r').length;
  for (const one of diagnostics)
    must(one.line <= lines && (one.line === 0 || one.endColumn > one.column), `no such place: ${JSON.stringify(one)}`);
}

function yaml(bytes: Buffer): void {
  const text = bytes.toString('utf8');
  const read = parseConfig(text, 'f');
  readsSoundly(text, read);
  if (read.config === undefined) return;
  const again = parseConfig(writeYaml(read.config), 'f');
  must(JSON.stringify(again.config) === JSON.stringify(read.config), 'what is written is read as something else');
}

function junos(bytes: Buffer): void {
  const text = bytes.toString('utf8');
  const read = readJunos(text, 'f', { interface: 'eth0', hostName: 'r1-re0' });
  readsSoundly(text, read);
  if (read.config === undefined) return;
  for (const form of ['junos', 'set'] as const) writeJunos(read.config, form);
  must(parseConfig(writeYaml(read.config), 'f').config !== undefined, 'what is converted is refused');
}

/** A message alone, and the same one with others around it. */
function netlink(bytes: Buffer): void {
  const around = Buffer.concat([Buffer.alloc(16, 0xff), bytes, Buffer.alloc(64, 0x41)]);
  walkMessages(bytes, (type, of, start, end) => {
    const alone = decoded(of, start, end, type);
    const alike = decoded(around, start + 16, end + 16, type);
    must(alone === alike, 'what lies around a message changes its meaning');
  });
  decodeProcessMessage(bytes);
}

function decoded(bytes: Buffer, start: number, end: number, type: number): string {
  const route = decodeRoute(bytes, start, end);
  const rule = decodeRule(bytes, start, end);
  return JSON.stringify([
    route,
    route === undefined ? '' : routeText(route),
    rule,
    rule === undefined ? '' : ruleText(rule),
    decodeLink(bytes, start, end),
    decodeAddress(bytes, start, end),
    decodeNeighbour(bytes, start, end),
    decodeNexthopObject(bytes, start, end),
    decodeError(bytes, start, end),
    decodeDone(bytes, start, end),
    described(bytes, start, end, type),
    end - start >= 28 ? [nexthopObjectOf(bytes, start, end), decodeNeighbourState(bytes, start)] : [],
  ]).replace(/"expiresAtMs":[-\d.e+]+/g, '');
}

function described(bytes: Buffer, start: number, end: number, type: number): unknown {
  return describe(type, bytes, start, end, () => 'eth0');
}

/** The first two bytes say in which pieces the rest comes. */
const answers =
  (dialect: Dialect, then: (text: string, status: number) => void) =>
  (bytes: Buffer): void => {
    const [size = 0, stride = 0] = bytes;
    const stream = bytes.subarray(2);
    const whole = dialect.reader().push(stream);
    const reader = dialect.reader();
    const pieces: { text: string; status: number }[] = [];
    let fault: string | undefined;
    for (
      let at = 0, n = 1 + (size % 7);
      at < stream.length && fault === undefined;
      at += n, n = 1 + ((n + stride) % 61)
    ) {
      const reading = reader.push(stream.subarray(at, at + n));
      pieces.push(...reading.answers);
      fault = reading.fault;
    }
    must(JSON.stringify(pieces) === JSON.stringify(whole.answers), 'in pieces it means something else');
    must((fault === undefined) === (whole.fault === undefined), 'in pieces it is a fault, or none');
    for (const answer of whole.answers) {
      dialect.proves(answer);
      dialect.readiness?.(answer);
      then(answer.text, answer.status);
    }
  };

const PREFIXES = ['0.0.0.0/0', '10.0.0.0/8', '::/0'].map((text) => parsePrefix(text)!);

/** What is no answer to the question is said to be none, and the question is asked again (runtime/ask.ts). */
function orRefuses(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    must(error instanceof Error && !(error instanceof TypeError || error instanceof RangeError), String(error));
  }
}

function ofFrr(text: string, status: number): void {
  for (const prefix of PREFIXES) {
    orRefuses(() => frrRoutes.readShowRoute(prefix, { text, status }));
    orRefuses(() => frrRoutes.readOffer(prefix, { text, status }, 'red'));
  }
}

function ofBird(text: string, status: number): void {
  ageOf(text);
  birdRoutes.carries({ text, status });
  orRefuses(() => birdRoutes.kernelProtocols({ text, status }));
  for (const prefix of PREFIXES) orRefuses(() => birdRoutes.readShowRoute(prefix, { text, status }));
}

/** Answers, without the framing. The first byte is the status. */
function daemonText(bytes: Buffer): void {
  const text = bytes.toString('utf8', 1);
  ofFrr(text, bytes[0] ?? 0);
  ofBird(text, 8 * (bytes[0] ?? 0));
}

function control(bytes: Buffer): void {
  const request = parseRequest(bytes.toString('utf8'));
  if (request?.command === 'hold' && typeof request.durationMs === 'number')
    must(request.durationMs > 0 && request.durationMs < 1e11, 'no such time');
  if (request?.command === 'reload' && request.confirmMs !== undefined)
    must(request.confirmMs >= 1000 && request.confirmMs <= 86_400_000, 'no such time');
  const { role } = roleFrom(bytes.toString('utf8'), 'f');
  must(role === 'primary' || role === 'standby', 'no role');
}

/** One file for all of them, in memory where that can be: to make one anew takes longer than to read it. */
let file: { readonly path: string; readonly descriptor: number } | undefined;
function fileOf(bytes: Uint8Array): string {
  if (file === undefined) {
    const place = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'br-fuzz-'));
    process.on('exit', () => rmSync(place, { recursive: true, force: true }));
    const path = join(place, 'record');
    file = { path, descriptor: openSync(path, 'w') };
  }
  ftruncateSync(file.descriptor, 0);
  writeSync(file.descriptor, bytes, 0, bytes.length, 0);
  return file.path;
}

/** As it stands, and, where it is a JSON object, with a checksum that fits: damage, and forgery. */
function records(bytes: Buffer): void {
  readAll(fileOf(bytes));
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  readAll(fileOf(Buffer.from(recordText(value))));
}

function readAll(path: string): void {
  for (const { route, interfaceName } of readAdopted(path).adopted) {
    routeText(route);
    must(typeof interfaceName === 'string', 'no name');
  }
  for (const [id, texts] of readCovered(path)) must(typeof id === 'string' && texts instanceof Set, 'no memory');
  for (const [key, way] of readLearned(path)) must(key.startsWith('inet') && way.remembered === true, 'not learned');
  const orders = readOrders(path);
  const pin = pinOf(orders, 5_000, 1_790_000_000_000);
  must(pin === undefined || pin.until === 'never' || Number.isFinite(pin.until), `pinned until ${pin?.until}`);
  overrideOf(orders);
  readUnconfirmed(path);
  readLastKnownGood(path);
  for (const { seq, kind } of readHistory(path))
    must(Number.isSafeInteger(seq) && typeof kind === 'string', 'no event');
}

const YAML_WORDS =
  'management-interface|backup-router|inet6-backup-router|address|destination|adopt|auto|routing-daemon|frr|bird|socket|unit|exec|command|interval|role|file|hold-time|convergence-timeout|never|placement|vrf|main|on-stop|table-base|rule-priority-base|eth0|192.0.2.1|10.0.0.0/8|fe80::1|::/0|5s|- |: |\n  |\n|[|]|{|}|,|&a |*a|<<: |!!str |? |"|\'|#|\t|%YAML 1.2\n---\n|...\n|0x1f|.inf|\n# ---- file "a.yaml"\n|\u0000|\ufeff';
const JUNOS_WORDS =
  'system|groups|re0|node0|apply-groups|apply-groups-except|"${node}"|backup-router|inet6-backup-router|destination|10.9.0.1|172.16.128.0/13|fe80::1|interfaces|fxp0|set |delete |deactivate |edit |top|up|exit|inactive:|protect:|replace:|{|}|;|[|]|"|/*|*/|#|##|<*>|\n|!|version|unit 0|family inet';

export const TARGETS: readonly Target[] = [
  { name: 'yaml', run: yaml, words: YAML_WORDS.split('|') },
  { name: 'junos', run: junos, words: JUNOS_WORDS.split('|') },
  { name: 'netlink', run: netlink, words: [] },
  {
    name: 'vty',
    run: answers(VTY, ofFrr),
    words: ['\0\0\0\0', '\0\0\0', '\0', 'ok\n', '\0\0\0\x01', '{', '}', '"0.0.0.0/0":', '[]'],
  },
  {
    name: 'bird',
    run: answers(BIRD, ofBird),
    words: ['\n', '0013 ', '0013-', '0016 ', '0001 ', ' ', '+', '9001 ', '1002-', '0000 '],
  },
  {
    name: 'answers',
    run: daemonText,
    words:
      '{|}|[|]|"0.0.0.0/0":|"10.0.0.0/8":|"vrfName":"red"|"selected":true|"installed":true|"protocol":"bgp"|"nexthops":|"active":true|"fib":true|null|1e400|"__proto__":|,|kernel1|Kernel|up|1002-|1007-Table master4:\n|0000 \n|0024 Graceful'.split(
        '|',
      ),
  },
  {
    name: 'control',
    run: control,
    words:
      '{"command":|"status"|"events"|"reload"|"confirm"|"hold"|"role"|"durationMs":|"confirmMs":|"after":|"follow":true|"never"|"off"|1e308|-1|null|[]|{}|,|}|"__proto__"|primary|standby|MASTER'.split(
        '|',
      ),
  },
  {
    name: 'records',
    run: records,
    words:
      '"version":1|"adopted":|"place":|"crc32":|"pin":|"setAt":|"durationMs":|"role":"standby"|"covered":|"text":|"former":|"leftMs":|"at":|"wallMs":|"seq":|"kind":|null|[]|{}|-1|1e308|"never"|"00000000"|\n|# backup-router'.split(
        '|',
      ),
  },
];
