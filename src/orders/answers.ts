import { ERRORS, type ErrorCode } from '../domain/error-codes.ts';
import { isUndecided } from '../domain/intent-state.ts';
import type { OperationRecord, OrderRecord } from '../domain/order-record.ts';
import type { OrderAnswer } from '../domain/order-service.ts';

/** The order cannot be found after it was looked for long enough. */
const NOT_THERE: ErrorCode = 'BROKER_UNAVAILABLE';

/** What can be said of an order as it stands: the answer to whoever placed it. */
export function answerOfOrder(order: OrderRecord, retryAfterMs: number | null = null): OrderAnswer {
  const { intentState: state } = order;
  if (state === null || state === 'ACCEPTED' || state === 'RESOLVED_PRESENT') {
    return { kind: 'done', order, operation: null };
  }
  if (isUndecided(state)) return { kind: 'unknown', order, operation: null };
  return refusal(order, order.id, order.risk, retryAfterMs);
}

/** The same of a modification or cancellation of `order`. */
export function answerOfOperation(order: OrderRecord, operation: OperationRecord): OrderAnswer {
  const { intentState: state } = operation;
  if (state === 'ACCEPTED' || state === 'RESOLVED_PRESENT') {
    return { kind: 'done', order, operation };
  }
  if (isUndecided(state)) return { kind: 'unknown', order, operation };
  return refusal(operation, order.id, null, null);
}

function refusal(
  { code, message }: Pick<OrderRecord, 'code' | 'message'>,
  orderId: string,
  risk: OrderRecord['risk'],
  retryAfterMs: number | null,
): OrderAnswer {
  const known = code ?? NOT_THERE;
  const detail = message ?? ERRORS[known].detail;
  return { kind: 'refused', code: known, detail, orderId, risk, retryAfterMs };
}
