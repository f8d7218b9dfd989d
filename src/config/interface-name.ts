/**
 * The name of a management interface: a name that the kernel accepts for a link (net/core/dev.c,
 * dev_valid_name), or an alternative name (ip-link(8), altname), which may be much longer. Whether
 * the link exists is known only at run time. Its absence is not a fault of the file.
 */

import { type Fault, quote } from './diagnostic.js';
import type { Entry } from './document.js';
import { macIn } from './mac-text.js';
import type { Report } from './report.js';
import { readScalar } from './section.js';
import { codePoint, unfilled, unseenIn } from './unseen.js';

/**
 * Bytes. ALTIFNAMSIZ in linux/if.h is 128 with the terminating zero. A proper name has at most 15
 * bytes.
 */
const MAX_BYTES = 127;

/** The name, or undefined if it is invalid; then the fault has been reported. */
export function readInterfaceName(entry: Entry, report: Report): string | undefined {
  const scalar = readScalar(entry.value, 'the name of one interface', report);
  if (scalar === undefined) return undefined;
  if (typeof scalar.value !== 'string') {
    report.error(scalar.span, {
      code: 'wrong-type',
      message: `${scalar.text.slice(0, 40)} is a ${typeof scalar.value} to YAML, not the name of an interface`,
      suggestion: `if that is the name, put it in quotes: '${scalar.text.slice(0, 40)}'`,
    });
    return undefined;
  }
  const fault = nameFault(scalar.text, entry.key);
  if (fault === undefined) {
    const doubt = nameDoubt(scalar.text);
    if (doubt !== undefined) report.warning(scalar.span, doubt);
    return scalar.text;
  }
  report.error(scalar.span, fault);
  return undefined;
}

/** The fault of an interface name, if any. `key` is the key that the name belongs to. */
export function nameFault(name: string, key: string): Fault | undefined {
  const fault = (message: string, suggestion: string): Fault => ({
    code: 'interface-name',
    message,
    suggestion,
  });
  const list = "'ip -brief link' lists the interfaces of this host";
  if (name === '') return fault('the name of the interface is empty', list);
  const mac = macIn(name);
  if (mac !== undefined)
    return fault(
      `${quote(name)} is a MAC address, not a name`,
      `write ${key === 'name' ? '' : `${key}: {`}mac: ${mac}${key === 'name' ? '' : '}'}`,
    );
  // A byte order mark is a space to JavaScript and not to the kernel.
  if (/[^\S\ufeff]|,/.test(name))
    return fault(
      `${quote(name)} has a space or comma in it`,
      /\S[\s,]+\S/.test(name)
        ? 'name one; several are a list, each with its own: - {name: eth0, backup-router: {address: ADDRESS}}'
        : /^[^\s,]+,$|^\s*[^\s,]+\s*$/.test(name)
          ? `write ${name.trim().replace(/,$/, '')}`
          : list,
    );
  const bad = /[/:\u0000-\u001f\u007f\ufffd]/.exec(name)?.[0];
  if (bad !== undefined)
    return fault(
      `${quote(name)} has ${quote(bad)} in it, which no interface name has`,
      /^\/?(dev|sys)\//.test(name) ? `write ${name.split('/').at(-1)!}` : list,
    );
  if (name === '.' || name === '..') return fault(`${quote(name)} cannot be an interface`, list);
  if (Buffer.byteLength(name) > MAX_BYTES)
    return fault(`${quote(name)} is longer than the ${MAX_BYTES} bytes of an alternative name`, list);
  if (name === 'lo') return fault('lo is the loopback interface; no router can be reached through it', list);
  return undefined;
}

/** The fault if a name is valid for the kernel but probably a mistake, otherwise undefined. */
function nameDoubt(name: string): Fault | undefined {
  const doubt = (message: string, suggestion: string): Fault => ({ code: 'interface-name', message, suggestion });
  const unseen = unseenIn(name);
  if (unseen !== undefined) return doubt(`the name ${unseen.what}`, `write ${unseen.plain ?? 'eth0'}`);
  const variable = unfilled(name);
  if (variable !== undefined) return doubt(variable, 'write the name itself');
  if (/[*?[\]]/.test(name))
    return doubt(`${quote(name)} is a pattern, and patterns are not expanded`, 'write one name, or mac: ADDRESS');
  const stray = /["'`\\;]/.exec(name)?.[0];
  if (stray !== undefined)
    return doubt(
      `${quote(name)} has ${quote(stray)} in it`,
      `write ${name.split(stray).find((part) => part !== '') ?? 'eth0'}`,
    );
  const letter = /[^\u0020-\u007e]/.exec(name)?.[0];
  if (letter !== undefined)
    return doubt(
      `${quote(name)} has ${quote(letter)} in it, ${codePoint(letter)}, which looks like another letter or is seldom in a name`,
      "type the name again, as 'ip -brief link' shows it",
    );
  if (/^(?:any|all|auto|default|none)$/i.test(name))
    return doubt(`${quote(name)} is taken for the name of an interface`, "write a name that 'ip -brief link' shows");
  const shown = /^(.+)@[^@]+$/.exec(name)?.[1];
  if (shown !== undefined)
    return doubt(`${quote(name)} is how 'ip link' shows ${shown}, with the interface below it`, `write ${shown}`);
  return undefined;
}
