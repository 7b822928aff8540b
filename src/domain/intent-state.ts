/**
 * What is known of the one time that something is asked of the broker: of placing an order, of a
 * modification, of a cancellation. It stands beside the order's own life, which the broker tells.
 */
export const INTENT_STATES = [
  'INTENT',
  'SENT',
  'ACCEPTED',
  'REJECTED',
  'UNKNOWN',
  'RESOLVED_PRESENT',
  'RESOLVED_ABSENT',
  'ESCALATED',
] as const;

/**
 * INTENT: decided, nothing has left. SENT: journaled, may leave at any moment. ACCEPTED, REJECTED:
 * the broker said so, or nothing was sent. UNKNOWN: it may have been done. RESOLVED_PRESENT,
 * RESOLVED_ABSENT: the broker's book has shown it, or has long enough not shown it. ESCALATED: a
 * person must look.
 */
export type IntentState = (typeof INTENT_STATES)[number];

/** Every legal step; there is no other one. A late order turns ABSENT into PRESENT. */
export const INTENT_TRANSITIONS: Readonly<Record<IntentState, readonly IntentState[]>> = {
  INTENT: ['SENT', 'REJECTED'],
  SENT: ['ACCEPTED', 'REJECTED', 'UNKNOWN'],
  ACCEPTED: [],
  REJECTED: ['RESOLVED_PRESENT'],
  UNKNOWN: ['RESOLVED_PRESENT', 'RESOLVED_ABSENT', 'ESCALATED'],
  RESOLVED_PRESENT: [],
  RESOLVED_ABSENT: ['RESOLVED_PRESENT'],
  ESCALATED: ['RESOLVED_PRESENT', 'RESOLVED_ABSENT'],
};

/** True: the fate is open, so that everything must be counted as done. */
export function isInDoubt(state: IntentState): boolean {
  return state === 'SENT' || state === 'UNKNOWN' || state === 'ESCALATED';
}

/** True: it is not known yet whether the broker has it. */
export function isUndecided(state: IntentState): boolean {
  return state === 'INTENT' || isInDoubt(state);
}

export function mayFollow(from: IntentState, to: IntentState): boolean {
  return INTENT_TRANSITIONS[from].includes(to);
}

/** The broker's words for an order that is over; its set of others is open. */
const TERMINAL_STATUSES: ReadonlySet<string> = new Set(['COMPLETE', 'CANCELLED', 'REJECTED']);

/** `status`: the broker's, null before it is known. */
export function isTerminalStatus(status: string | null): boolean {
  return status !== null && TERMINAL_STATUSES.has(status);
}

/** What the broker calls an order between its taking it and the exchange having it as asked. */
const PASSING_STATUSES: ReadonlySet<string> = new Set([
  'PUT ORDER REQ RECEIVED',
  'VALIDATION PENDING',
  'OPEN PENDING',
  'MODIFY VALIDATION PENDING',
  'MODIFY PENDING',
  'MODIFIED',
  'CANCEL PENDING',
]);

/** True: another status follows, of which the broker need not tell. Null: none is known yet. */
export function isOnItsWay(status: string | null): boolean {
  return status === null || PASSING_STATUSES.has(status);
}
