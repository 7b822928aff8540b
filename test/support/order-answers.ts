import assert from 'node:assert/strict';
import type { OrderRecord } from '../../src/domain/order-record.ts';
import type { OrderAnswer } from '../../src/domain/order-service.ts';
import { TickerError, type ErrorCode } from '../../src/domain/error-codes.ts';

type Refused = Extract<OrderAnswer, { kind: 'refused' }>;

/** The order of an answer that says so. */
export function orderOf(answer: OrderAnswer, kind: 'done' | 'unknown' = 'done'): OrderRecord {
  if (answer.kind === 'refused') assert.fail(`${answer.code}: ${answer.detail}`);
  assert.equal(answer.kind, kind);
  return answer.order;
}

export function refusalOf(answer: OrderAnswer, code?: ErrorCode): Refused {
  if (answer.kind !== 'refused') assert.fail(answer.kind);
  if (code !== undefined) assert.equal(answer.code, code);
  return answer;
}

/** `promise` rejects with the code. */
export async function rejectsWith(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => {
    if (!(error instanceof TickerError)) return false;
    assert.equal(error.code, code);
    return true;
  });
}
