/**
 * Checks the coverage of folders that have a limit of their own, from what `c8 report` has written
 * (`coverage/coverage-summary.json`). Exits with 1 if one is below it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './support/repository-root.ts';

interface Counts {
  total: number;
  covered: number;
}

/** Least share of branches that tests take, in percent: orders move money. */
const BRANCHES_MIN_PERCENT: Readonly<Record<string, number>> = { 'src/orders': 90 };

const summary = JSON.parse(
  readFileSync(join(repositoryRoot, 'coverage', 'coverage-summary.json'), 'utf8'),
) as Readonly<Record<string, { branches: Counts }>>;

for (const [folder, minPercent] of Object.entries(BRANCHES_MIN_PERCENT)) {
  const files = Object.entries(summary).filter(([path]) =>
    path.startsWith(join(repositoryRoot, folder)),
  );
  const total = files.reduce((sum, [, { branches }]) => sum + branches.total, 0);
  const covered = files.reduce((sum, [, { branches }]) => sum + branches.covered, 0);
  const percent = total === 0 ? 0 : (100 * covered) / total;
  const isEnough = percent >= minPercent;
  const verdict = isEnough ? 'at least' : 'BELOW';
  console.log(`${folder}: ${percent.toFixed(1)} % of branches, ${verdict} ${minPercent} %`);
  if (!isEnough) process.exitCode = 1;
}
