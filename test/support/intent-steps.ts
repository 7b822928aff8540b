import { TickerError } from '../../src/domain/error-codes.ts';
import { INTENT_TRANSITIONS, type IntentState } from '../../src/domain/intent-state.ts';
import type { OrderRecord } from '../../src/domain/order-record.ts';

type Step = Pick<OrderRecord, 'id' | 'intentState' | 'version'>;

/** States in which the first version of an order may be kept; null: an order from outside. */
const FIRST_STATES: readonly (IntentState | null)[] = ['INTENT', 'SENT', 'REJECTED', null];

/** Throws JOURNAL_UNAVAILABLE for a first version in the midst of its life. */
export function requireFirstState({ id, intentState, version }: Step): void {
  if (version > 1 || FIRST_STATES.includes(intentState)) return;
  throw illegal(id, null, intentState);
}

/**
 * Throws JOURNAL_UNAVAILABLE unless the table of transitions leads from one version to the other;
 * where versions in between were not kept, by way of their states.
 */
export function requireLegalStep(before: Step, after: Step): void {
  if (before.intentState === after.intentState) return;
  const { intentState: from } = before;
  const { intentState: to } = after;
  if (from !== null && to !== null) {
    if (statesAfter(from, after.version - before.version).has(to)) return;
  }
  throw illegal(after.id, from, to);
}

function statesAfter(from: IntentState, stepsMax: number): Set<IntentState> {
  const reached = new Set<IntentState>([from]);
  for (let step = 0; step < stepsMax; step++) {
    const before = reached.size;
    for (const state of [...reached]) {
      for (const next of INTENT_TRANSITIONS[state]) reached.add(next);
    }
    if (reached.size === before) break;
  }
  return reached;
}

function illegal(id: string, from: IntentState | null, to: IntentState | null): TickerError {
  return new TickerError('JOURNAL_UNAVAILABLE', `${id}: ${from} to ${to} is no legal step`);
}
