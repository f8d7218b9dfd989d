/** The deb on Debian 13. */

import t from 'tap';
import { cannotBoot } from '../systemd/host/requirements.js';
import { lifeOfTheDeb } from './deb-router.js';

t.setTimeout(600_000);
t.test('on Debian 13', { skip: cannotBoot() }, (t) => lifeOfTheDeb(t, 'trixie'));
