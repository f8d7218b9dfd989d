/** Whether this is a container, and what is advised there. */

import { join } from 'node:path';
import t from 'tap';
import { groupHint } from '../../../src/health/permission.js';
import { inContainer } from '../../../src/host/container.js';

t.test('told by what the engine leaves there', async (t) => {
  const root = t.testdir({ docker: { '.dockerenv': '' }, podman: { run: { '.containerenv': '' } }, host: { run: {} } });
  t.ok(inContainer(join(root, 'docker'), {}));
  t.ok(inContainer(join(root, 'podman'), {}));
  t.ok(inContainer(join(root, 'host'), { KUBERNETES_SERVICE_HOST: '10.96.0.1' }));
  t.notOk(inContainer(join(root, 'host'), {}));
});

t.test('the remedy for a missing group', async (t) => {
  t.match(groupHint('frrvty', true), /--group-add .*getent group frrvty/);
  t.match(groupHint('bird', false), /usermod -aG bird USER/);
});
