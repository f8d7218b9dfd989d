/** Which addresses `explain` takes, and what it says of the others. */

import t from 'tap';
import { addressArgument, sourceArgument } from '../../../src/cli/explain-address.js';
import { EXIT, isCommandError } from '../../../src/model/exit.js';

/** The suggestion for what is refused with exit status 64. */
function refused(read: () => string): string {
  try {
    return `taken as ${read()}`;
  } catch (error) {
    if (isCommandError(error) && error.exitStatus === EXIT.USAGE) return error.suggestion ?? '';
    throw error;
  }
}

t.test('an address of a host', async (t) => {
  t.equal(addressArgument('203.0.113.9'), '203.0.113.9');
  t.equal(addressArgument('2001:db8::9'), '2001:db8::9');
  t.equal(sourceArgument('10.0.0.1', '203.0.113.9'), '10.0.0.1');
});

t.test('addresses of no host, about which no route of a destination decides', async (t) => {
  for (const text of ['0.0.0.0', '224.0.0.5', '239.255.255.255', '255.255.255.255'])
    t.equal(
      refused(() => addressArgument(text)),
      'backup-router explain 203.0.113.1',
      text,
    );
  for (const text of ['::', 'ff02::1'])
    t.equal(
      refused(() => addressArgument(text)),
      'backup-router explain 2001:db8::1',
      text,
    );
});

t.test('what names no single address', async (t) => {
  t.equal(
    refused(() => addressArgument('10.0.0.0/8')),
    'name one address in it: backup-router explain 10.0.0.0',
  );
  t.equal(
    refused(() => addressArgument('fe80::1%eth0')),
    'backup-router explain fe80::1',
  );
  t.equal(
    refused(() => sourceArgument('10.0.0.1', '2001:db8::1')),
    'name two IPv4 addresses, or two IPv6 addresses',
  );
});
