/** Events of one or more connections since the start; numbers only rise. */
export interface ConnectionCounts {
  connects: number;
  /** Attempts that did not open, refusals included. */
  connectFailures: number;
  /** Open connections that ended without being asked to, stalls included. */
  disconnects: number;
  stalls: number;
  authRefusals: number;
  /** Text frames that are not JSON objects with a type. */
  badTexts: number;
}

export function createConnectionCounts(): ConnectionCounts {
  return {
    connects: 0,
    connectFailures: 0,
    disconnects: 0,
    stalls: 0,
    authRefusals: 0,
    badTexts: 0,
  };
}
