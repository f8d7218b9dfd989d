/** The shortest life found that fails in the same way, and its text as a scenario. */

import { formatTime } from '../clock.js';
import { type Life, type Line, RESYNC_BOUND_MS } from './lives.js';
import { play } from './play.js';

/** Plays at most so many lives. */
const TRIES = 1_500;

export async function shrunk(life: Life, failure: string): Promise<Life> {
  const kind = kindOf(failure);
  let best = life;
  let tries = 0;
  const better = async (candidate: Life): Promise<boolean> => {
    if (++tries > TRIES) return false;
    const played = await play(candidate);
    if (played.failure === undefined || kindOf(played.failure) !== kind) return false;
    best = played.life;
    return true;
  };
  for (let before = ''; before !== JSON.stringify(best) && tries < TRIES; ) {
    before = JSON.stringify(best);
    await without(
      () => best.lines,
      (lines) => better({ ...best, lines }),
    );
    await without(
      () => best.given,
      (given) => better({ ...best, given }),
    );
    await without(
      () => best.config,
      (config) => better({ ...best, config }),
    );
    await sooner(
      () => best.lines,
      (lines) => better({ ...best, lines }),
    );
  }
  return best;
}

/** What stays of a failure when names and numbers are taken out. */
function kindOf(failure: string): string {
  return failure
    .split('\n')[0]!
    .replace(/[0-9a-f.:/]*[0-9][0-9a-f.:/]*/g, '#')
    .replace(/\b(mgmt|data)#/g, 'link')
    .slice(0, 60);
}

/** Halves, quarters, ... single ones are left out for as long as that goes well. */
async function without<T>(
  current: () => readonly T[],
  better: (fewer: readonly T[]) => Promise<boolean>,
): Promise<void> {
  for (let size = Math.ceil(current().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < current().length; ) {
      const items = current();
      const fewer = items.filter((item, i) => i < at || i >= at + size || isKept(item));
      if (fewer.length === items.length || !(await better(fewer))) at += size;
    }
  }
}

function isKept(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'kept' in item;
}

/** Each pause is made as short as one of a few lengths allows. */
async function sooner(
  current: () => readonly Line[],
  better: (lines: readonly Line[]) => Promise<boolean>,
): Promise<void> {
  for (let i = 0; i < current().length; i++) {
    const lines = current();
    const pause = lines[i]!.at - (lines[i - 1]?.at ?? 0);
    // What is asked after a rest is asked after a rest.
    if (lines[i]!.command.startsWith('expect') && pause >= RESYNC_BOUND_MS) continue;
    for (const shorter of [0, 1_000, 40_000].filter((ms) => ms < pause)) {
      const earlier = pause - shorter;
      if (await better(lines.map((line, at) => (at < i ? line : { ...line, at: line.at - earlier })))) break;
    }
  }
}

/** To be put into test/scenario under a name and a title that say what happens in it. */
export function scenarioText({ config, given, lines }: Life, title: string): string {
  const byTime = new Map<number, string[]>();
  for (const { at, command } of lines) byTime.set(at, [...(byTime.get(at) ?? []), command]);
  return [
    `# ${title}`,
    ...(config.length === 0 ? [] : [`config ${config.join('; ')}`]),
    ...(given.length === 0 ? [] : [`given ${given.join('; ')}`]),
    ...[...byTime].map(([at, commands]) => `at ${formatTime(at)} ${commands.join('; ')}`),
    '',
  ].join('\n');
}
