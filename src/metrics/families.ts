/**
 * The text of the exposition as values, for `metrics --json`. Only what exposition.ts writes is
 * parsed, not the whole format. Pure.
 */

export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

interface MetricSample {
  /** The name of the metric, for a histogram with `_bucket`, `_sum` or `_count` appended. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Throws an Error if a line does not fit the exposition. */
export function familiesOf(text: string): readonly MetricFamily[] {
  const families: { name: string; type: string; help: string; samples: MetricSample[] }[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, comment, name, rest] = /^# (HELP|TYPE) (\w+) (.*)$/.exec(line) ?? [];
    if (comment === 'HELP') families.push({ name: name!, type: '', help: plain(rest!), samples: [] });
    else if (comment === 'TYPE') families.at(-1)!.type = rest!;
    else families.at(-1)!.samples.push(sampleOf(line));
  }
  return families;
}

function sampleOf(line: string): MetricSample {
  const [, name, , labels = '', value] = /^(\w+)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`no line of the exposition: ${line}`);
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, label, text]) => [label!, plain(text!)])),
    value: Number(value),
  };
}

function plain(text: string): string {
  return text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
}
