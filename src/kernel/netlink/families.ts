/** Converts address families and addresses between the model and the wire. */

import { type Address, addressBits, addressFromBits, type Family, readBits } from '../../model/address.js';
import { putWords, type Writer } from './codec.js';
import { AF_INET, AF_INET6 } from './uapi.js';

/** AF_INET or AF_INET6. */
export function familyNumber(family: Family): number {
  return family === 'inet' ? AF_INET : AF_INET6;
}

/** undefined for families that the agent does not know (bridge, multicast routing, MPLS ...). */
export function familyFromNumber(number: number): Family | undefined {
  if (number === AF_INET) return 'inet';
  return number === AF_INET6 ? 'inet6' : undefined;
}

/** The address in `bytes[start..end)`; undefined unless that is 4 or 16 bytes. */
export function readAddress(bytes: Buffer, start: number, end: number): Address | undefined {
  const length = end - start;
  return length === 4 || length === 16 ? addressFromBits(readBits(bytes, start, end)) : undefined;
}

/** Writes an attribute that is an address. */
export function putAddress(writer: Writer, type: number, address: Address): void {
  putWords(writer, type, addressBits(address));
}
