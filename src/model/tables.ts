/**
 * The tables of the agent, counted from `table-base`: one for each prefix length, then one for the
 * symmetric replies of each management interface.
 */

import { familyBits } from './address.js';

/**
 * Maximum number of management interfaces. Each has a table of that kind, and a rank among the
 * metrics of the backup routes.
 */
export const MAX_INTERFACES = 4;
/** For the replies of the first management interface. */
export const REPLY_TABLE = familyBits('inet6') + 1;
export const LAST_TABLE = REPLY_TABLE + MAX_INTERFACES - 1;
