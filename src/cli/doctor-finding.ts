/** What one check found. */
export interface Finding {
  check: string;
  /** warn: works, but not as it should. */
  state: 'ok' | 'warn' | 'fail';
  detail: string;
  /** What to do; empty when there is nothing to do. */
  advice: string;
}
