/** `unit: NAME`: a systemd unit, watched through the processes of its cgroup. */

import type { UnitDaemon } from '../../model/config.js';
import { type Fault, quote } from '../diagnostic.js';
import type { Schema } from '../schema.js';
import { type DaemonKind, eitherForm, genericKeys, readGeneric, writeProtocols } from './kind.js';

const EXAMPLE = 'frr.service';
const NAME: Schema = { type: 'string', pattern: '\\.(service|scope|slice)$' };
const KEYS = genericKeys({
  key: 'name',
  words: 'The whole name: frr.service.',
  more: 'The whole name, `frr.service`, not `frr`; of a template, one instance.',
  schema: NAME,
  required: true,
  ambiguous: true,
});

export const UNIT: DaemonKind<UnitDaemon> = {
  key: {
    key: 'unit',
    words: 'The systemd unit has processes.',
    more: 'the systemd unit (a service, scope or slice) has processes.',
    schema: eitherForm(NAME, KEYS),
  },
  keys: KEYS,
  example: `unit: ${EXAMPLE}`,
  longKey: () => 'name',
  guess: (text) => (/\.(service|scope|slice)$/.test(text) ? `unit: ${text}` : undefined),
  read(entry, ownProtocol, report) {
    const parts = readGeneric(entry, 'unit', KEYS, EXAMPLE, ownProtocol, report);
    if (parts === undefined) return undefined;
    const { scalar, routeProtocols } = parts;
    const fault = unitFault(scalar.text);
    if (fault === undefined)
      return { daemon: { kind: 'unit', unit: scalar.text, routeProtocols }, spans: [scalar.span] };
    report.error(scalar.span, fault);
    return undefined;
  },
  write: (daemon) => ({ name: daemon.unit, ...writeProtocols(daemon) }),
  watches: ({ unit }) => [{ identity: `unit ${unit}`, name: unit }],
};

/**
 * Unit types whose cgroup contains processes as long as the unit runs (systemd.unit(5),
 * systemd.resource-control(5)).
 */
const WITH_PROCESSES = /\.(service|scope|slice)$/;
const OTHER_TYPES = /\.(socket|target|device|mount|automount|swap|timer|path)$/;

/** Bytes. UNIT_NAME_MAX in systemd is 256 with the terminating zero. */
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
  // VALID_CHARS in systemd's src/basic/unit-name.c.
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
