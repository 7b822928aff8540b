/** A table with aligned columns. */
export function markdownTable(
  left: string,
  right: string,
  rows: readonly [string, string][],
): string[] {
  const widths = [left, ...rows.map(([name]) => name)].map((text) => text.length);
  const rightWidths = [right, ...rows.map(([, value]) => value)].map((text) => text.length);
  const [leftWidth, rightWidth] = [Math.max(...widths), Math.max(...rightWidths)];
  const row = (name: string, value: string): string =>
    `| ${name.padEnd(leftWidth)} | ${value.padStart(rightWidth)} |`;
  return [
    row(left, right),
    `| ${'-'.repeat(leftWidth)} | ${'-'.repeat(rightWidth - 1)}: |`,
    ...rows.map(([name, value]) => row(name, value)),
  ];
}
