import type { CurvePoint } from '../domain/pricing-terms.ts';

/**
 * Zero rate to `timeYears`, continuously compounded, per year. Between two points rate x time is
 * linear, so that the rate from one day to the next does not jump within a step; before the first
 * point and after the last one the rate is theirs. `points` by rising years, at least one.
 */
export function zeroRate(points: readonly CurvePoint[], timeYears: number): number {
  const first = points[0]!;
  if (points.length === 1 || !(timeYears > first.years)) return first.rate;
  let before = first;
  for (let i = 1; i < points.length; i++) {
    const point = points[i]!;
    if (timeYears <= point.years) {
      const from = before.rate * before.years;
      const share = (timeYears - before.years) / (point.years - before.years);
      return (from + (point.rate * point.years - from) * share) / timeYears;
    }
    before = point;
  }
  return before.rate;
}
