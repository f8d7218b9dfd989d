/** The parts of the storm that only compute: what a seed means, what excuses a cut, how a failing list of actions is made short. */

import t from 'tap';
import { countOf, planIn, planOf, textOf } from '../../chaos/plan.js';
import { shortest } from '../../chaos/shrink.js';
import { setsOf, VARIANTS } from '../../chaos/variants.js';
import { countedOf } from '../../chaos/ways.js';
import { traceOf } from '../../powercut/trace.js';

t.test('a seed is the same storm each time, and text', async (t) => {
  for (let seed = 1; seed < 200; seed++) {
    const plan = planOf(seed, undefined, 12);
    t.same(planOf(seed, undefined, 12), plan);
    t.same(planIn(textOf(plan)), plan);
    t.ok(countOf(plan.actions) > 50);
    t.equal(plan.actions.at(-1), '0 check out');
  }
  const leased = planOf(1, 'frr', 12, true);
  t.same(planIn(textOf(leased)), leased);
  t.match(textOf(leased), /^# seed 1 daemon frr process-events \w+ lease\n(?:.*\n)*.*config adopt/);
  t.not(textOf(planOf(1, 'frr', 3)), textOf(planOf(2, 'frr', 3)));
  t.throws(() => planIn('# seed 1 daemon frr process-events no\nrm -rf\n'), /not a plan/);
  t.throws(() => planIn('0 check\n'), /not a plan/);
});

t.test('the shortest form that fails', async (t) => {
  const lines = Array.from({ length: 100 }, (_, i) => `${i}`);
  const needs =
    (...wanted: readonly string[]) =>
    async (kept: readonly string[]): Promise<boolean> =>
      wanted.every((one) => kept.includes(one));
  t.same(await shortest(lines, needs('41'), 1_000), ['41']);
  t.same(await shortest(lines, needs('3', '57', '99'), 1_000), ['3', '57', '99']);
  t.same(await shortest(lines, async () => false, 1_000), lines, 'what cannot be made shorter');
  let tries = 0;
  await shortest(
    lines,
    async () => {
      tries++;
      return false;
    },
    7,
  );
  t.equal(tries, 7, 'bounded');
});

t.test('what of a cut is not excused', async (t) => {
  const gap = { fromMs: 1_000, toMs: 2_000 };
  const excuse = (from: number, to: number): { from: number; to: number; why: string } => ({ from, to, why: 'x' });
  t.equal(countedOf(gap, []), 1_000);
  t.equal(countedOf(gap, [excuse(0, 5_000)]), 0);
  t.equal(countedOf(gap, [excuse(500, 1_200)]), 800);
  t.equal(countedOf(gap, [excuse(1_900, 3_000), excuse(0, 1_100)]), 800);
  t.equal(countedOf(gap, [excuse(1_400, 1_500)]), 500);
  t.equal(countedOf(gap, [excuse(1_400, 1_500), excuse(1_450, Number.POSITIVE_INFINITY)]), 400);
});

t.test('the sets of each configuration', async (t) => {
  for (const name of Object.keys(VARIANTS))
    for (const family of ['inet', 'inet6'] as const) {
      const sets = setsOf(name, family).map((set) => set.join());
      t.equal(new Set(sets).size, sets.length, `${name} ${family}: each is another one`);
      t.notOk(sets.includes(''), 'and none is empty');
    }
});

t.test('of the system calls of a trace those at which a power cut makes a difference', async (t) => {
  const trace = `7 openat(AT_FDCWD</>, "/s/orders.json.new", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0644) = 20
7 openat(AT_FDCWD</>, "/s/orders.json", O_RDONLY) = 21
7 write(20</s/orders.json.new>, "{}", 2 <unfinished ...>
8 write(9<anon_inode:[eventfd]>, "\\1", 8) = 8
7 <... write resumed>) = 2
7 fsync(20</s/orders.json.new>) = 0
7 sendto(18<socket:[12]>, [{nlmsg_len=36, nlmsg_type=RTM_GETROUTE, nlmsg_flags=NLM_F_REQUEST}, 36, 0) = 36
7 sendto(18<socket:[12]>, [[{nlmsg_len=52, nlmsg_type=RTM_NEWROUTE, nlmsg_flags=NLM_F_REQUEST}, 52, 0) = 52
8 rename("/s/orders.json.new", "/s/orders.json") = 0
7 write(1<pipe:[3]>, "said", 4) = 4
7 write(22</proc/7/oom_score_adj>, "1", 1) = 1
8 write(23</s/events.jsonl>, "{}", 2) = 2
7 +++ killed by SIGKILL +++
`;
  t.same(traceOf(trace), {
    calls: 11,
    points: [
      { call: 'openat', nth: 1 },
      { call: 'write', nth: 1 },
      { call: 'fsync', nth: 1 },
      { call: 'sendto', nth: 2 },
      { call: 'rename', nth: 1 },
      { call: 'write', nth: 2 },
    ],
  });
});
