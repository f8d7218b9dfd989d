/** What waits for the first routes: in order, whole, and at the latest when the process ends. */

import { execFileSync } from 'node:child_process';
import t from 'tap';
import { atOnce, createAfterwards } from '../../../src/runtime/afterwards.js';

t.test('calls wait, and come in the order in which they were made', async (t) => {
  const heard: string[] = [];
  let begin = (): void => undefined;
  const afterwards = createAfterwards(
    new Promise((resolve) => {
      begin = resolve;
    }),
  );
  const log = afterwards((text: string) => heard.push(text));
  const journal = afterwards((text: string) => {
    log(`${text} begins`);
    log(`${text} ends`);
  });
  log('first');
  journal('second');
  log('third');
  t.strictSame(heard, []);
  const exits = process.listenerCount('exit');
  begin();
  await Promise.resolve();
  t.strictSame(heard, ['first', 'second begins', 'second ends', 'third']);
  t.equal(process.listenerCount('exit'), exits - 1);
  log('later');
  t.equal(heard.at(-1), 'later', 'at once from then on');
});

t.test('a process that ends before says it all', async (t) => {
  const module = new URL('../../../src/runtime/afterwards.js', import.meta.url).href;
  const script = `import { createAfterwards } from ${JSON.stringify(module)}; createAfterwards(new Promise(() => {}))((text) => console.log(text))('said');`;
  t.equal(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }), 'said\n');
});

t.test('nothing to wait for', async (t) => {
  const heard: number[] = [];
  atOnce((n: number) => heard.push(n))(1);
  t.strictSame(heard, [1]);
});
