/** The deb on Debian 12. */

import t from 'tap';
import { cannotLive, lifeOfTheDeb } from './deb-router.js';

t.setTimeout(600_000);
t.test('on Debian 12', { skip: cannotLive('bookworm') }, (t) => lifeOfTheDeb(t, 'bookworm'));
