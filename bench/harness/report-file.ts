import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { project } from './project.ts';
import type { Report } from './report.ts';

/**
 * Where a report goes if the user names no file: one file a run, not kept under version control.
 */
export function defaultReportPath(started: Date): string {
  const stamp = started.toISOString().slice(0, 19).replaceAll(':', '-');
  return join(project.root, 'bench', 'results', `${stamp}.json`);
}

export function writeReport(report: Report, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
}
