/** What was deleted of ours is put back before anybody looks up who deleted it. */

import t from 'tap';
import { DOWN, Life } from './life.js';

t.test('the repair leaves before the text of its hint is read', async (t) => {
  const life = new Life();
  life.run(life.give({ kind: 'tick' }));
  life.run(life.give(DOWN));
  const [route] = life.routes;
  if (route === undefined) throw new Error('no route of ours is in');
  life.routes = life.routes.slice(1);
  let reads = 0;
  const outputs = life.give({
    kind: 'hint',
    hint: {
      kind: 'route',
      get text() {
        reads++;
        return 'deleted by ip (pid 7)';
      },
      ownDeleted: true,
      sender: 7,
      lost: { kind: 'route', route },
    },
  });
  t.match(outputs[0], { kind: 'apply', steps: [{ kind: 'add-route', route }] });
  t.equal(reads, 0);
  t.equal(life.state.agenda.interference.culprit.text, 'deleted by ip (pid 7)');
});
