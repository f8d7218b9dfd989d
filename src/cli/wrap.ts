/** Tables whose cells may be longer than the line: cells wrap at blanks and the table stays within its width. */

/** Lines of at most `width` characters, broken at blanks; a longer word stands alone. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Rows in columns of these widths at the most, two spaces between; the last column takes what is left of the line. */
export function wrappedTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  widths: readonly number[],
  line: number,
): string {
  const all = [header, ...rows];
  const limits = header.map((_, column) =>
    Math.min(widths[column] ?? line, longestWordOrCell(all, column, widths[column] ?? line)),
  );
  const used = limits.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  limits[limits.length - 1] = Math.max(20, line - used);
  return all
    .map((row) =>
      rowText(
        row.map((cell, column) => wrapWords(cell, limits[column]!)),
        limits,
      ),
    )
    .join('');
}

/** As wide as the widest cell, or, where that is too wide, as the limit or the longest word. */
function longestWordOrCell(all: readonly (readonly string[])[], column: number, limit: number): number {
  const cells = all.map((row) => row[column] ?? '');
  const widest = Math.max(...cells.map((cell) => cell.length));
  return widest <= limit
    ? widest
    : Math.max(limit, ...cells.flatMap((cell) => cell.split(' ').map((word) => word.length)));
}

function rowText(cells: readonly (readonly string[])[], widths: readonly number[]): string {
  const height = Math.max(...cells.map((cell) => cell.length));
  let text = '';
  for (let i = 0; i < height; i++)
    text += `${cells
      .map((cell, column) => (cell[i] ?? '').padEnd(widths[column]!))
      .join('  ')
      .trimEnd()}\n`;
  return text;
}
