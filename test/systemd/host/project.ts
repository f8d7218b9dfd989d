/** The checkout that these tests were compiled from. */

import { fileURLToPath } from 'node:url';

/** dist/test/systemd/host/project.js is five levels down. */
export const PROJECT = fileURLToPath(new URL('../../../../', import.meta.url)).replace(/\/$/, '');
