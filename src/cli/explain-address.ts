/** Reads the addresses given to `explain`. The error says what to write instead. */

import { mappedInet, readAddress } from '../config/address-text.js';
import { type Address, familyOf, parseAddress } from '../model/address.js';
import { CommandError, EXIT } from '../model/exit.js';
import { containsAddress, parsePrefix } from '../model/prefix.js';

/** The source address of packets to `destination`. Throws exit status 64 with a suggestion. */
export function sourceArgument(text: string, destination: Address): Address {
  const source = addressArgument(text, `backup-router explain ${destination} --from`);
  if (familyOf(source) === familyOf(destination)) return source;
  throw new CommandError(
    EXIT.USAGE,
    `${source} and ${destination} are of different families`,
    'name two IPv4 addresses, or two IPv6 addresses',
  );
}

/** Addresses that are unspecified, multicast or broadcast. */
const NO_HOST = ['0.0.0.0/32', '224.0.0.0/4', '255.255.255.255/32', '::/128', 'ff00::/8'].map(
  (text) => parsePrefix(text)!,
);

/** The address in canonical form. Throws exit status 64 with a suggestion. */
export function addressArgument(text: string, command = 'backup-router explain'): Address {
  const refuse = (message: string, suggestion: string): never => {
    throw new CommandError(EXIT.USAGE, message, suggestion);
  };
  const slash = text.indexOf('/');
  const bare = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (slash >= 0 && bare !== undefined) {
    return refuse(
      `${text} is a prefix, and addresses of one prefix may go different ways`,
      `name one address in it: ${command} ${bare}`,
    );
  }
  const mapped = bare === undefined ? undefined : mappedInet(bare);
  if (mapped !== undefined) return refuse(`${text} is an IPv4 address in IPv6 notation`, `${command} ${mapped}`);
  const zone = text.indexOf('%');
  if (zone > 0 && parseAddress(text.slice(0, zone)) !== undefined) {
    return refuse(
      `${text} has a zone id, which already names the interface: no route is looked up`,
      `${command} ${text.slice(0, zone)}`,
    );
  }
  const read = readAddress(text);
  if (read.ok && NO_HOST.some((one) => containsAddress(one, read.value)))
    return refuse(
      `${read.value} is the address of no host: no route of a destination decides about it`,
      `${command} ${familyOf(read.value) === 'inet' ? '203.0.113.1' : '2001:db8::1'}`,
    );
  return read.ok ? read.value : refuse(read.fault.message, read.fault.suggestion ?? `${command} 203.0.113.1`);
}
