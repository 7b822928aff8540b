import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { project } from './project.ts';
import type { BenchReport } from './result.ts';

/** Puts the sections that benches have made into docs/BENCHMARKS.md. */
export async function writeSections(benches: readonly BenchReport[]): Promise<void> {
  const sections = benches.flatMap(({ section }) => section ?? []);
  if (sections.length === 0) return;
  const path = join(project.root, 'docs', 'BENCHMARKS.md');
  const text = sections.reduce(withSection, readFileSync(path, 'utf8'));
  const options = { ...(await resolveConfig(path)), parser: 'markdown' };
  writeFileSync(path, await format(text, options));
  console.log(`wrote ${path}`);
}

/**
 * The Markdown document with `section` (from its heading of the second level on) in the place of
 * the one of the same heading; before the last section if there is none.
 */
export function withSection(document: string, section: string): string {
  const [heading = ''] = section.split('\n', 1);
  if (!heading.startsWith('## ')) throw new Error(`no heading of a section: ${heading}`);
  const parts = document.split(/^(?=## )/m);
  const text = `${section.trimEnd()}\n\n`;
  const known = parts.findIndex((part) => part.startsWith(`${heading}\n`));
  if (known >= 0) parts[known] = text;
  else parts.splice(parts.length - 1, 0, text);
  return parts.join('');
}
