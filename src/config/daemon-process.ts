/**
 * `unit`, `pidfile` and `process`: daemons known by their processes alone.
 */

import type { PidfileDaemon, ProcessDaemon, UnitDaemon } from '../model/config.js';
import { type Found, readGeneric } from './daemon-parts.js';
import { type Fault, quote } from './diagnostic.js';
import type { Entry, ScalarValue } from './document.js';
import { isPlain, readPath } from './path-text.js';
import type { Report } from './report.js';

export function readUnit(entry: Entry, ownProtocol: number, report: Report): Found<UnitDaemon> | undefined {
  const parts = readGeneric(entry, 'unit', ['name'], 'frr.service', ownProtocol, report);
  if (parts === undefined) return undefined;
  const { scalar, routeProtocols } = parts;
  const fault = unitFault(scalar.text);
  if (fault === undefined) return { daemon: { kind: 'unit', unit: scalar.text, routeProtocols }, spans: [scalar.span] };
  report.error(scalar.span, fault);
  return undefined;
}

/** The types of unit whose cgroup holds processes of their own for as long as they run: systemd.unit(5), systemd.resource-control(5). */
const WITH_PROCESSES = /\.(service|scope|slice)$/;
const OTHER_TYPES = /\.(socket|target|device|mount|automount|swap|timer|path)$/;

/** UNIT_NAME_MAX of systemd is 256 with the terminating zero. */
const MAX_UNIT_NAME = 255;

function unitFault(name: string): Fault | undefined {
  const fault = (message: string, suggestion: string): Fault => ({ code: 'unit-name', message, suggestion });
  const list = "'systemctl list-units --type=service' lists those of this host";
  if (name === '') return fault('the name of the unit is empty', list);
  if (name.includes('/'))
    return fault(
      `${quote(name)} is a path, not the name of a unit`,
      `write ${name.replace(/\/+$/, '').split('/').at(-1)!}`,
    );
  // VALID_CHARS of systemd's src/basic/unit-name.c.
  const bad = /[^A-Za-z0-9:_.\\@-]/.exec(name)?.[0];
  if (bad !== undefined) return fault(`${quote(name)} has ${quote(bad)} in it, which no name of a unit has`, list);
  if (OTHER_TYPES.test(name))
    return fault(
      `${quote(name)} is a unit without processes of its own`,
      `write ${name.replace(OTHER_TYPES, '.service')}`,
    );
  if (!WITH_PROCESSES.test(name))
    return fault(`${quote(name)} does not say which type of unit`, `write ${name}.service`);
  if (/@\.|^\./.test(name))
    return fault(
      `${quote(name)} is ${name.startsWith('.') ? 'a type without a name' : 'a template, of which nothing runs'}`,
      name.startsWith('.') ? list : `name one instance: ${name.replace('@.', '@NAME.')}`,
    );
  return name.length <= MAX_UNIT_NAME
    ? undefined
    : fault(`the name is longer than the ${MAX_UNIT_NAME} characters of a unit`, list);
}

export function readPidfile(entry: Entry, ownProtocol: number, report: Report): Found<PidfileDaemon> | undefined {
  const parts = readGeneric(entry, 'pidfile', ['path'], '/run/x.pid', ownProtocol, report);
  const path = parts === undefined ? undefined : readPath(parts.scalar, '/run/x.pid', report);
  return parts === undefined || path === undefined
    ? undefined
    : { daemon: { kind: 'pidfile', path, routeProtocols: parts.routeProtocols }, spans: [parts.scalar.span] };
}

export function readProcess(entry: Entry, ownProtocol: number, report: Report): Found<ProcessDaemon> | undefined {
  const parts = readGeneric(entry, 'process', ['name'], 'gobgpd', ownProtocol, report);
  if (parts === undefined || !isPlain(parts.scalar, report)) return undefined;
  const { scalar, routeProtocols } = parts;
  const fault = processFault(scalar);
  if (fault === undefined)
    return { daemon: { kind: 'process', name: scalar.text, routeProtocols }, spans: [scalar.span] };
  report.error(scalar.span, fault);
  return undefined;
}

/** TASK_COMM_LEN of linux/sched.h is 16 with the terminating zero; the kernel cuts longer names. */
const MAX_COMM = 15;

function processFault({ text, value }: ScalarValue): Fault | undefined {
  const fault = (message: string, suggestion: string): Fault => ({
    code: 'process-name',
    message,
    suggestion,
  });
  const list = "'ps -e -o comm' lists the names of this host's processes";
  if (typeof value !== 'string')
    return {
      code: 'wrong-type',
      message: `${text.slice(0, 40)} is a ${typeof value} to YAML, not the name of a process`,
      suggestion: `if that is the name, put it in quotes: '${text.slice(0, 40)}'`,
    };
  if (text.trim() === '') return fault('the name of the process is empty', list);
  if (text.startsWith('/'))
    return fault(
      `${quote(text)} is a path, not the name of a process`,
      `write ${cut(text.replace(/\/+$/, '').split('/').at(-1)!) || 'gobgpd'}`,
    );
  if (/[\n\r]/.test(text)) return fault(`${quote(text)} has more than one line`, list);
  if (Buffer.byteLength(text) > MAX_COMM)
    return fault(
      `${quote(text)} is longer than the ${MAX_COMM} bytes that the kernel keeps of a name`,
      `write ${cut(text)}`,
    );
  return undefined;
}

function cut(name: string): string {
  return Buffer.from(name)
    .subarray(0, MAX_COMM)
    .toString('utf8')
    .replace(/\ufffd$/, '');
}
