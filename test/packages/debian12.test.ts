/** The deb on Debian 12. */

import t from 'tap';
import { cannotBoot } from '../systemd/host/requirements.js';
import { lifeOfTheDeb } from './deb-router.js';

t.setTimeout(600_000);
t.test('on Debian 12', { skip: cannotBoot() }, (t) => lifeOfTheDeb(t, 'bookworm'));
