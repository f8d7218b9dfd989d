/**
 * Reads prefixes as people write them in a file. The strict parser of model/ decides. What it
 * refuses is explained here; `ip-num` computes neighbouring prefixes and gives a second opinion.
 * ip-num is lax (it accepts `/08` and zone ids), but is asked only after a refusal, so its
 * laxness never reaches a configuration.
 *
 * Invariant: a file without faults does not load ip-num, which takes half as long as a bare start
 * of Node.
 */

import { createRequire } from 'node:module';
import type * as IpNum from 'ip-num';
import { type Address, addressBytes, type Family, familyBits, familyOf, parseAddress } from '../model/address.js';
import { type Prefix, parsePrefix, prefix, prefixText } from '../model/prefix.js';
import { mappedInet, readAddress, withoutLeadingZeros } from './address-text.js';
import { type Fault, quote } from './diagnostic.js';
import { unfilled, unseenIn } from './unseen.js';

type PrefixResult = { readonly ok: true; readonly value: Prefix } | { readonly ok: false; readonly fault: Fault };

const refuse = (code: Fault['code'], message: string, suggestion: string): PrefixResult => ({
  ok: false,
  fault: { code, message, suggestion },
});

/** What stands in place of the dash of a list. */
const BULLET = /(?:^|(?<=\s))[\u2010-\u2015\u2212\u2022](?=\s)/g;

/**
 * Reads a prefix as written. The fault says what to write instead, unless `explained` is false: an
 * explanation takes 40 us.
 */
export function readPrefix(text: string, explained = true): PrefixResult {
  const parsed = parsePrefix(text);
  if (parsed === undefined)
    return explained
      ? explain(text)
      : refuse('prefix-syntax', `${quote(text)} is not a prefix`, 'write ADDRESS/LENGTH');
  const mapped = parsed.length >= 96 ? mappedInet(parsed.address) : undefined;
  if (mapped === undefined) return { ok: true, value: parsed };
  return refuse(
    'ipv4-mapped',
    `${text} is an IPv4 prefix in IPv6 notation`,
    `write ${mapped}/${parsed.length - 96}, under backup-router`,
  );
}

function explain(text: string): PrefixResult {
  const word = text.trim();
  if (word === '') return refuse('empty-value', 'an empty destination', 'write a prefix, or remove the item');
  const unseen = unseenIn(word.replaceAll(BULLET, ''));
  if (unseen !== undefined)
    return refuse('prefix-syntax', `the prefix ${unseen.what}`, `write ${unseen.plain ?? 'it again'}`);
  const unset = unfilled(word);
  if (unset !== undefined) return refuse('prefix-syntax', unset, 'write the prefix itself');
  if (/^(default|any|all)$/i.test(word))
    return refuse(
      'prefix-syntax',
      `${quote(word)} is not a prefix`,
      "leave 'destination' out for the default route, or write 0.0.0.0/0 or ::/0",
    );
  const spaced = /^([\d.]+)\s+(?:mask\s+|netmask\s+)?([\d.]+)$/i.exec(word);
  if (spaced !== null && maskLength(spaced[2]!) !== undefined) return explain(`${spaced[1]}/${spaced[2]}`);
  const apart = /^([\da-f.:]+)\s*\/\s*(\d{1,3})$/i.exec(word);
  if (apart !== null && /\s/.test(word))
    return refuse('prefix-syntax', `${quote(word)} has a space in it`, `write ${apart[1]}/${apart[2]}`);
  if (/[\s,;]/.test(word)) {
    const words = word
      .split(/[\s,;]+/)
      .map((part) => part.replace(/^[-*([](?=[\da-f])|[)\]]$/gi, ''))
      .filter((part) => /[\da-z]/i.test(part));
    return refuse(
      'prefix-syntax',
      `${quote(word)} is not one prefix`,
      `write a list: [${words.slice(0, 8).join(', ')}]`,
    );
  }
  const dash = /^[-*]([\da-f].*)$/i.exec(word)?.[1];
  if (dash !== undefined && !/\s/.test(dash))
    return refuse('prefix-syntax', `${quote(word)} has no space after its ${quote(word[0]!)}`, `write - ${dash}`);
  const slash = word.indexOf('/');
  if (slash === 0)
    return refuse(
      'prefix-syntax',
      `${quote(word)} has no address in front of its '/'`,
      'write ADDRESS/LENGTH, such as 10.0.0.0/8',
    );
  if (slash < 0) return withoutLength(word);
  const addressText = word.slice(0, slash);
  const lengthText = word.slice(slash + 1);
  const short = /^\d{1,3}(\.\d{1,3}){0,2}$/.test(addressText)
    ? [...addressText.split('.'), '0', '0', '0'].slice(0, 4).join('.')
    : undefined;
  if (short !== undefined && parseAddress(short) !== undefined)
    return refuse('prefix-syntax', `${quote(addressText)} is short for an address`, `write ${short}/${lengthText}`);
  const address = readAddress(addressText);
  if (!address.ok) return addressFault(address.fault, addressText, lengthText);
  return explainLength(address.value, word, lengthText);
}

function addressFault(fault: Fault, addressText: string, lengthText: string): PrefixResult {
  const bare =
    fault.code === 'zone-id'
      ? parseAddress(addressText.slice(0, addressText.indexOf('%')))
      : withoutLeadingZeros(addressText);
  if (bare === undefined || fault.code === 'ipv4-mapped') return { ok: false, fault };
  const length = Number(lengthText);
  const fits = /^\d{1,3}$/.test(lengthText) && length <= familyBits(familyOf(bare));
  const message =
    fault.code === 'zone-id'
      ? `${quote(`${addressText}/${lengthText}`)} carries a zone id; a destination has none`
      : fault.message;
  return refuse(fault.code, message, `write ${fits ? prefixText(prefix(bare, length)) : bare}`);
}

function explainLength(address: Address, word: string, lengthText: string): PrefixResult {
  const bits = familyBits(familyOf(address));
  const wildcard = lengthText.startsWith('0.')
    ? lengthText.replaceAll(/\d+/g, (byte) => String(255 - Number(byte)))
    : '';
  const mask = maskLength(lengthText) ?? maskLength(wildcard);
  if (mask !== undefined)
    return refuse(
      'prefix-syntax',
      `${quote(word)} has a netmask where a length is expected`,
      `write ${prefixText(prefix(address, mask))}`,
    );
  if (!/^\d+$/.test(lengthText))
    return refuse('prefix-length', `${quote(lengthText)} is not a prefix length`, `write a number from 0 to ${bits}`);
  const length = Number(lengthText);
  if (length > bits)
    return refuse(
      'prefix-length',
      `the prefix length ${lengthText} in ${quote(word)} is too long; ${bits} is the longest`,
      `write a length up to ${bits}; a single host has /${bits}`,
    );
  if (/^0\d/.test(lengthText))
    return refuse(
      'leading-zeros',
      `${quote(word)} has leading zeros in its length`,
      `write ${prefixText(prefix(address, length))}`,
    );
  return hostBits(address, length, word);
}

function hostBits(address: Address, length: number, word: string): PrefixResult {
  const neighbours = [prefixText(prefix(address, length)), nextPrefix(address, length)].filter(
    (text) => text !== undefined,
  );
  return refuse('host-bits', `host bits set in ${word}`, `did you mean ${neighbours.join(' or ')}?`);
}

/**
 * The prefix of the same length that follows the one around `address`. undefined if there is none
 * or it is not unicast.
 */
function nextPrefix(address: Address, length: number): string | undefined {
  const { IPv4CidrRange, IPv6CidrRange } = createRequire(import.meta.filename)('ip-num') as typeof IpNum;
  const inet = familyOf(address) === 'inet';
  const range = inet ? IPv4CidrRange.fromCidr(`${address}/${length}`) : IPv6CidrRange.fromCidr(`${address}/${length}`);
  if (!range.hasNextRange()) return undefined;
  const first = parseAddress(range.nextRange()?.getFirst().toString() ?? '');
  if (first === undefined || addressBytes(first)[0]! >= (inet ? 224 : 0xff)) return undefined;
  return `${first}/${length}`;
}

function withoutLength(word: string): PrefixResult {
  const address = readAddress(word);
  if (!address.ok) return { ok: false, fault: address.fault };
  const guess = likelyLength(address.value);
  const bits = familyBits(familyOf(address.value));
  const host = `${address.value}/${bits}`;
  return refuse(
    'missing-length',
    `${word} has no prefix length`,
    guess === bits ? `write ${host} for the one host` : `write ${address.value}/${guess}, or ${host} for the one host`,
  );
}

/**
 * The length that was probably meant where it is missing: whole octets or groups up to the last
 * non-zero one.
 */
function likelyLength(address: Address): number {
  const family: Family = familyOf(address);
  const bytes = addressBytes(address);
  const unit = family === 'inet' ? 1 : 2;
  let last = bytes.length;
  while (last > 0 && bytes[last - 1] === 0) last--;
  const length = Math.ceil(last / unit) * unit * 8;
  return family === 'inet6' && length > 64 ? 128 : length;
}

/** The length of a dotted netmask, or undefined if the text is not one. */
export function maskLength(text: string): number | undefined {
  const address = text.includes('.') ? parseAddress(text) : undefined;
  if (address === undefined || text.includes(':')) return undefined;
  const bits = [...addressBytes(address)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
}
