import { isDeepStrictEqual } from 'node:util';
import type { Check } from './result.ts';

const SHOWN_CHARACTERS_MAX = 200;

/** Collects what a bench verified of its own work. Nothing is thrown: a run reports all of it. */
export class Verifier {
  readonly checks: Check[] = [];

  get failed(): boolean {
    return this.checks.some(({ ok }) => !ok);
  }

  /** `detail` says what was found; kept only if it is not `ok`. */
  check(name: string, ok: boolean, detail: string): void {
    this.checks.push({ name, ok, detail: ok ? '' : detail });
  }

  equal(name: string, actual: unknown, expected: unknown): void {
    const ok = isDeepStrictEqual(actual, expected);
    this.check(name, ok, `${shown(actual)} instead of ${shown(expected)}`);
  }

  atLeast(name: string, actual: number, least: number): void {
    this.check(name, actual >= least, `${actual}, which is less than ${least}`);
  }

  atMost(name: string, actual: number, most: number): void {
    this.check(name, actual <= most, `${actual}, which is more than ${most}`);
  }
}

function shown(value: unknown): string {
  const text = value === undefined ? 'undefined' : JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}...`;
}
