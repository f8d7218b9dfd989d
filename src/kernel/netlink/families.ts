/** Address families and addresses between the model's spelling and the wire's. */

import {
  type Address,
  addressBytes,
  addressFromBytes,
  type Family,
  familyOf,
  inetNumber,
} from '../../model/address.js';
import { putBytes, putU32BE, type Writer } from './codec.js';
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
  if (length === 4) return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`;
  return length === 16 ? addressFromBytes(bytes.subarray(start, end)) : undefined;
}

/** `0.0.0.0` or `::`: what the wire leaves out. */
export function anyAddress(family: Family): Address {
  return family === 'inet' ? '0.0.0.0' : '::';
}

/** An attribute that is an address. */
export function putAddress(writer: Writer, type: number, address: Address): void {
  if (familyOf(address) === 'inet') putU32BE(writer, type, inetNumber(address));
  else putBytes(writer, type, addressBytes(address));
}
