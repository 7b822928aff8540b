/** Characters that a terminal would obey. */
const CONTROL_CHARACTERS = /\p{Cc}/gu;

/** Prints rows under their headings, in columns as wide as what they hold. */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  for (const row of [headings, ...rows]) {
    const cells = widths.map((width, column) => (row[column] ?? '').padEnd(width));
    console.log(cells.join('  ').trimEnd().replace(CONTROL_CHARACTERS, '\uFFFD'));
  }
}
