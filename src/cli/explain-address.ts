/** The argument of `explain`: one address as people write it, or what to write instead. */

import { mappedInet, readAddress } from '../config/address-text.js';
import { type Address, parseAddress } from '../model/address.js';
import { CommandError, EXIT } from '../model/exit.js';

/** The canonical address. Throws exit status 64 with what to write. */
export function addressArgument(text: string): Address {
  const command = 'backup-router explain';
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
      `${text} carries a zone id, which names the way already: no route is asked`,
      `${command} ${text.slice(0, zone)}`,
    );
  }
  const read = readAddress(text);
  return read.ok ? read.value : refuse(read.fault.message, read.fault.suggestion ?? `${command} 203.0.113.1`);
}
