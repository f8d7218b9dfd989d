/** The deb on Debian 13. */

import t from 'tap';
import { cannotLive, lifeOfTheDeb } from './deb-router.js';

t.setTimeout(600_000);
t.test('on Debian 13', { skip: cannotLive('trixie') }, (t) => lifeOfTheDeb(t, 'trixie'));
