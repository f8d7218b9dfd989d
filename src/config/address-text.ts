/**
 * Reads addresses as people write them in a file. The strict parser of model/ decides. This file
 * explains what that parser refuses, and also refuses IPv4-mapped IPv6 addresses.
 */

import { type Address, addressBytes, familyOf, parseAddress } from '../model/address.js';
import { type Fault, quote } from './diagnostic.js';
import { unfilled, unseenIn } from './unseen.js';

type AddressResult = { readonly ok: true; readonly value: Address } | { readonly ok: false; readonly fault: Fault };

const refuse = (code: Fault['code'], message: string, suggestion: string): AddressResult => ({
  ok: false,
  fault: { code, message, suggestion },
});

/** Reads an address as written. The fault says what to write instead. */
export function readAddress(text: string): AddressResult {
  const address = parseAddress(text);
  if (address !== undefined) {
    const mapped = mappedInet(address);
    if (mapped === undefined) return { ok: true, value: address };
    return refuse('ipv4-mapped', `${text} is an IPv4 address in IPv6 notation`, `write ${mapped}, under backup-router`);
  }
  return explain(text);
}

/** The IPv4 address inside `::ffff:0:0/96` (RFC 4291 section 2.5.5.2), or undefined. */
export function mappedInet(address: Address): Address | undefined {
  if (familyOf(address) !== 'inet6') return undefined;
  const bytes = addressBytes(address);
  const mapped = bytes.every((byte, i) => i >= 12 || byte === (i >= 10 ? 0xff : 0));
  return mapped ? bytes.slice(12).join('.') : undefined;
}

/** The same dotted quad without leading zeros, or undefined when it has other faults as well. */
export function withoutLeadingZeros(dotted: string): Address | undefined {
  return parseAddress(dotted.replace(/(^|\.)0+(?=\d)/g, '$1'));
}

function explain(text: string): AddressResult {
  if (text === '') return refuse('empty-value', 'an empty address', 'write the address, or remove the item');
  const percent = text.indexOf('%');
  if (percent > 0) {
    const bare = parseAddress(text.slice(0, percent));
    return refuse(
      'zone-id',
      `${quote(text)} carries a zone id; the interface is always the management interface`,
      bare === undefined ? 'remove the zone id' : `write ${bare}`,
    );
  }
  const unseen = unseenIn(text);
  if (unseen !== undefined)
    return refuse('address-syntax', `the address ${unseen.what}`, `write ${unseen.plain ?? 'it again'}`);
  const variable = unfilled(text);
  if (variable !== undefined) return refuse('address-syntax', variable, 'write the address itself');
  const ended = /^(.+)[,;.]$/.exec(text.trim())?.[1];
  if (ended !== undefined && parseAddress(ended) !== undefined)
    return refuse('address-syntax', `${quote(text)} ends in ${quote(text.trim().slice(-1))}`, `write ${ended}`);
  const host = /^([\d.]+|\[.*\]):\d{1,5}$/.exec(text)?.[1]?.replace(/^\[|\]$/g, '');
  if (host !== undefined && parseAddress(host) !== undefined)
    return refuse('address-syntax', `${quote(text)} has a port; a router has none`, `write ${host}`);
  const url = /^[a-z]+:\/\/([^/]*)/i.exec(text)?.[1];
  if (url !== undefined)
    return refuse(
      'address-syntax',
      `${quote(text)} is a URL, not an address`,
      parseAddress(url) === undefined ? 'write the address alone' : `write ${url}`,
    );
  if (/[\s,;]/.test(text.trim())) {
    const words = text
      .trim()
      .split(/[\s,;]+/)
      .filter((word) => word !== '');
    return refuse(
      'address-syntax',
      `${quote(text)} is not one address`,
      `write a list: [${words.slice(0, 8).join(', ')}]`,
    );
  }
  if (text !== text.trim())
    return refuse('address-syntax', `${quote(text)} has spaces around it`, `write ${text.trim()}`);
  if (/^\[.*\]$/.test(text))
    return refuse('address-syntax', `${quote(text)} has brackets around it`, `write ${text.slice(1, -1)}`);
  if (text.includes(':')) return explainInet6(text);
  if (/^\d+(\.\d+)*$/.test(text)) return explainInet(text);
  return refuse(
    'address-syntax',
    `${quote(text)} is not an IP address`,
    'write the address in figures: before routing works, no name can be resolved',
  );
}

function explainInet(text: string): AddressResult {
  const octets = text.split('.');
  if (octets.length !== 4)
    return refuse(
      'address-syntax',
      `${quote(text)} has ${octets.length} ${octets.length === 1 ? 'number' : 'numbers'} where an IPv4 address has 4`,
      'write it as a.b.c.d',
    );
  const large = octets.find((octet) => Number(octet) > 255);
  if (large !== undefined)
    return refuse(
      'address-syntax',
      `${large} in ${quote(text)} is larger than 255`,
      'each of the 4 numbers is 0 to 255',
    );
  const plain = withoutLeadingZeros(text);
  return refuse(
    'leading-zeros',
    `${quote(text)} has leading zeros, which some programs read as octal`,
    plain === undefined ? 'write it without them' : `write ${plain}`,
  );
}

function explainInet6(text: string): AddressResult {
  const bad = /[^0-9a-f:.]/i.exec(text)?.[0];
  if (bad !== undefined)
    return refuse(
      'address-syntax',
      `${quote(bad)} cannot stand in an IPv6 address (${quote(text)})`,
      'its digits are 0 to 9 and a to f',
    );
  if (text.split('::').length > 2 || text.includes(':::'))
    return refuse(
      'address-syntax',
      `'::' may stand only once in ${quote(text)}`,
      'write the zero groups out, or remove a colon',
    );
  const long = text.split(':').find((group) => /^[0-9a-f]{5,}$/i.test(group));
  if (long !== undefined)
    return refuse('address-syntax', `${long} in ${quote(text)} has more than 4 digits`, 'is a colon missing?');
  const groups = text.split(':').filter((group) => group !== '').length;
  if (!text.includes('::') && !text.includes('.') && groups < 8)
    return refuse(
      'address-syntax',
      `${quote(text)} has ${groups} groups where an IPv6 address has 8`,
      "is '::' missing?",
    );
  return refuse(
    'address-syntax',
    `${quote(text)} is not an IPv6 address`,
    'write it as 8 groups of hexadecimal digits, one run of zero groups as ::',
  );
}
