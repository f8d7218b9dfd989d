/**
 * `mac`: the MAC address (EUI-48) of a management interface, as ip(8) or IEEE 802 write it: pairs
 * of digits separated by colons or dashes.
 *
 * Invariant: the result is in lower case with colons, as the kernel's addresses are shown.
 */

import { type Fault, quote } from './diagnostic.js';
import type { Entry } from './document.js';
import type { Report } from './report.js';
import { readScalar } from './section.js';

const PAIRS = /^[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}$/i;
const LIST = "'ip -brief link' prints the MAC address of each interface";

/** The address, or undefined if no interface can have it; then the fault has been reported. */
export function readMac(entry: Entry, report: Report): string | undefined {
  const scalar = readScalar(entry.value, 'a MAC address such as 52:54:00:12:34:56', report);
  if (scalar === undefined) return undefined;
  const mac = macIn(scalar.text);
  const fault = mac === undefined ? explain(scalar.text) : macFault(mac);
  if (fault === undefined) return mac;
  report.error(scalar.span, fault);
  return undefined;
}

/** The MAC address in normal form, or undefined if the text is not one. */
export function macIn(text: string): string | undefined {
  return PAIRS.test(text) ? text.toLowerCase().replaceAll('-', ':') : undefined;
}

function refuse(message: string, suggestion: string): Fault {
  return { code: 'mac-address', message, suggestion };
}

function macFault(mac: string): Fault | undefined {
  if (mac === '00:00:00:00:00:00') return refuse(`${mac} is the address of no interface but loopback`, LIST);
  if (mac === 'ff:ff:ff:ff:ff:ff') return refuse(`${mac} is the broadcast address`, LIST);
  // The group bit is the lowest bit of the first byte (IEEE 802, section 8).
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1
    ? refuse(`${mac} is a multicast address, which no interface has`, LIST)
    : undefined;
}

/**
 * Explains what is wrong. Suggests an address for `5254.0012.3456`, `525400123456` and
 * `52:54:0:12:34:56`, and for nothing of another length.
 */
function explain(text: string): Fault {
  const groups = text.trim().split(/[:.\s-]+/);
  const digits = groups.length === 6 ? groups.map((group) => group.padStart(2, '0')).join('') : groups.join('');
  const guess = /^[0-9a-f]{12}$/i.test(digits) ? digits.toLowerCase().match(/../g)!.join(':') : undefined;
  if (guess !== undefined)
    return refuse(`${quote(text)} is not a MAC address in the notation of this file`, `write ${guess}`);
  return refuse(
    `${quote(text)} is not a MAC address`,
    /^[\w.-]+$/.test(text) && !/^[0-9a-f.-]+$/i.test(text)
      ? `if that is the interface's name, write name: ${text.slice(0, 40)}`
      : `write six pairs of digits with colons between them; ${LIST}`,
  );
}
