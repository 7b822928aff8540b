import { failure, success } from '../rest-route.ts';
import type { RestAnswer } from '../rest-route.ts';
import type { OrderOutcome } from './order-faults.ts';

const HTML = { 'Content-Type': 'text/html' };
const TIMED_OUT =
  'Order request timed out. Please check the order book and confirm before placing again.';
const GATEWAY_TIMEOUT = 504;

/** The answer that a client gets instead of `real`, which is null when nothing was done. */
export function outcomeAnswer(outcome: OrderOutcome, real: RestAnswer | null): RestAnswer {
  const whole = real ?? success({ order_id: '0' });
  switch (outcome.symptom) {
    case 'timeout':
      if (outcome.answerAfterMs === null) return { ...whole, delivery: 'never' };
      return {
        ...(real ?? failure(GATEWAY_TIMEOUT, 'NetworkException', 'Gateway timed out.')),
        delayMs: outcome.answerAfterMs,
      };
    case 'reset':
      return { ...whole, delivery: 'reset' };
    case 'reset_in_body':
      return { ...whole, delivery: 'reset_in_body' };
    case 'truncated':
      return { ...whole, body: whole.body.slice(0, Math.floor(whole.body.length / 2)) };
    case 'status':
      return page(outcome.status, 'The upstream server did not answer.');
    case 'html':
      return page(200, 'We will be back shortly.');
    default:
      return failure(400, 'OrderException', TIMED_OUT);
  }
}

function page(status: number, text: string): RestAnswer {
  return { status, headers: HTML, body: `<html><body><h1>${text}</h1></body></html>` };
}
