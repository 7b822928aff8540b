/** What a log breaks. */
export class Violation extends Error {
  /** Index of the entry in the client's log; -1: the log as a whole. */
  entry = -1;
}

export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Violation(what);
}
