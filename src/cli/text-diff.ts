/** The difference between two texts, line by line, as `diff -u` prints it. Pure. */

/**
 * The most lines of each side that are compared with each other. If there are more, the differing
 * part is shown as replaced.
 */
const MAX_COMPARED = 2_000;
const CONTEXT = 3;

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** The lines of `diff -u` without its header. Empty if the texts are equal. */
export function textDiff(before: string, after: string): readonly string[] {
  const [old, next] = [linesOf(before), linesOf(after)];
  const most = Math.min(old.length, next.length);
  let start = 0;
  while (start < most && old[start] === next[start]) start++;
  let end = 0;
  while (end < most - start && old[old.length - 1 - end] === next[next.length - 1 - end]) end++;
  const middle = changed(old.slice(start, old.length - end), next.slice(start, next.length - end));
  if (middle.length === 0) return [];
  const same = (lines: readonly string[]): readonly Line[] => lines.map((text) => ({ mark: ' ', text }));
  return hunks([...same(old.slice(0, start)), ...middle, ...same(old.slice(old.length - end))]);
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** Compares by the longest common subsequence. */
function changed(old: readonly string[], next: readonly string[]): readonly Line[] {
  const out: Line[] = [];
  if (old.length > MAX_COMPARED || next.length > MAX_COMPARED)
    return [...old.map((text): Line => ({ mark: '-', text })), ...next.map((text): Line => ({ mark: '+', text }))];
  const width = next.length + 1;
  const longest = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = next.length - 1; j >= 0; j--)
      longest[i * width + j] =
        old[i] === next[j]
          ? longest[(i + 1) * width + j + 1]! + 1
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
  for (let i = 0, j = 0; i < old.length || j < next.length; ) {
    if (i < old.length && j < next.length && old[i] === next[j]) {
      out.push({ mark: ' ', text: old[i++]! });
      j++;
    } else if (j === next.length || (i < old.length && longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!))
      out.push({ mark: '-', text: old[i++]! });
    else out.push({ mark: '+', text: next[j++]! });
  }
  return out;
}

/** The changes with the lines around them. */
function hunks(lines: readonly Line[]): readonly string[] {
  const near = (at: number): boolean =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ mark }) => mark !== ' ');
  const out: string[] = [];
  let [oldAt, nextAt] = [1, 1];
  for (let at = 0; at < lines.length; ) {
    let end = at;
    while (end < lines.length && near(end)) end++;
    const hunk = lines.slice(at, end);
    const removed = hunk.filter(({ mark }) => mark !== '+').length;
    const added = hunk.filter(({ mark }) => mark !== '-').length;
    if (hunk.length > 0) {
      const from = (first: number, count: number): number => (count === 0 ? first - 1 : first);
      out.push(`@@ -${from(oldAt, removed)},${removed} +${from(nextAt, added)},${added} @@`);
      out.push(...hunk.map(({ mark, text }) => `${mark}${text}`));
    }
    oldAt += removed;
    nextAt += added;
    at = end;
    while (at < lines.length && !near(at)) {
      at++;
      oldAt++;
      nextAt++;
    }
  }
  return out;
}
