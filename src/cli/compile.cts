/**
 * `node compile.cjs`: writes, beside the daemon's bundle, what V8 makes of it, for backup-router.cts. To be run with the Node that is to run
 * the daemon, by whoever may write there: scripts/lib/bundle.mjs for this checkout, scripts/install for the installed system.
 */

import fs = require('node:fs');
import path = require('node:path');
import v8 = require('node:v8');
import vm = require('node:vm');

/** Bytes of the comment with the digest that the bundle begins with. */
const LABEL = 24;

const filename = path.join(__dirname, '../../daemon.cjs');
const compiled = path.join(__dirname, '../../daemon.compiled');
const source = fs.readFileSync(filename, 'latin1');
// All functions now, in place of each at its first call. What V8 checks includes this flag, so it is set back before the code is written.
v8.setFlagsFromString('--no-lazy');
const script = new vm.Script(source, { filename });
v8.setFlagsFromString('--lazy');
fs.writeFileSync(`${compiled}.new`, Buffer.concat([Buffer.from(source.slice(0, LABEL), 'latin1'), script.createCachedData()]));
fs.renameSync(`${compiled}.new`, compiled);
