import t from 'tap';
import { inTurn } from '../../../src/runtime/reload-queue.js';

t.test('reloads that are asked for in a row', async (t) => {
  const begun: (number | undefined)[] = [];
  let underWay = 0;
  const reload = inTurn(async (confirmMs) => {
    t.same(++underWay, 1, 'one at a time');
    begun.push(confirmMs);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
    return begun.length;
  });

  const first = reload();
  await Promise.resolve();
  t.same(begun, [undefined], 'the first begins at once');
  const others = Array.from({ length: 20 }, () => reload());
  t.same(await first, 1);
  t.same(new Set(await Promise.all(others)), new Set([2]), 'those asked for meanwhile become one after it');
  t.same(await reload(), 3, 'a later one is a reload of its own');

  begun.length = 0;
  await Promise.all([reload(), reload(1000), reload(1000), reload(), reload()]);
  t.same(begun, [undefined, 1000, 1000, undefined], 'the order stays; a deadline is never shared');
});
