/**
 * Reads a .scenario file. The format, line by line:
 *
 *   # anything; the first such line is the title
 *   config KEY VALUE...                 the configuration (configure.ts), before anything happens
 *   given ACTION; ACTION                the world before the agent starts, at 0 s
 *   at TIME ACTION; ACTION              TIME is 6s, 1.5s, 200ms, 2m, or +TIME after the line before
 *   at TIME expect ...; expect ...      actions.ts and expect.ts know the words
 *
 * Lines are in the order of time.
 */

export interface Line {
  readonly number: number;
  /** Milliseconds; undefined for `given`. */
  readonly at: number | undefined;
  readonly commands: readonly string[];
}

export interface Scenario {
  readonly title: string;
  readonly config: readonly string[];
  readonly lines: readonly Line[];
}

export function parseScenario(text: string): Scenario {
  let title = '';
  const config: string[] = [];
  const lines: Line[] = [];
  let time = 0;
  text.split('\n').forEach((raw, i) => {
    const number = i + 1;
    const line = raw.trim();
    if (line === '') return;
    if (line.startsWith('#')) {
      title ||= line.replace(/^#+\s*/, '');
      return;
    }
    const match = /^(config|given|at\s+(\S+))\s+(.*)$/.exec(line);
    if (match === null) throw new SyntaxError(`line ${number}: not config, given or at: ${line}`);
    const commands = match[3]!
      .split(';')
      .map((command) => command.trim())
      .filter((command) => command !== '');
    if (match[1] === 'config') return void config.push(...commands);
    if (match[1] === 'given') {
      if (lines.some(({ at }) => at !== undefined))
        throw new SyntaxError(`line ${number}: given comes before the first at`);
      return void lines.push({ number, at: undefined, commands });
    }
    const relative = match[2]!.startsWith('+');
    const at = parseTime(match[2]!.replace('+', '')) + (relative ? time : 0);
    if (at < time) throw new SyntaxError(`line ${number}: goes back in time`);
    time = at;
    lines.push({ number, at, commands });
  });
  if (title === '') throw new SyntaxError('a scenario begins with a comment that says what happens in it');
  if (!lines.some(({ commands }) => commands.some((command) => command.startsWith('expect '))))
    throw new SyntaxError('a scenario without expectations proves nothing');
  return { title, config, lines };
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `200ms`, `1.5s`, `2m`, `1h`, `0` -> milliseconds. */
export function parseTime(text: string): number {
  if (text === '0') return 0;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) throw new SyntaxError(`not a time: ${text}`);
  return Math.round(Number(match[1]) * UNIT_MS[match[2]!]! * 1000) / 1000;
}
