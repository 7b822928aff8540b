import { ERRORS } from '../../../domain/error-codes.ts';
import type { OrderAnswer, Replayable } from '../../../domain/order-service.ts';
import { httpStatusOf, problem, retryAfter } from '../../problem.ts';
import { json, type Answer, type ResponseDefinition } from '../../route.ts';
import { operationView, orderView, riskView } from './order-view.ts';
import { CHANGED_ORDER, ORDER } from './order-schema.ts';

type Refusal = Extract<OrderAnswer, { kind: 'refused' }>;
type Taken = Exclude<OrderAnswer, Refusal>;

/** Seconds after which there may be news of an unknown outcome. */
const LOOK_AGAIN_S = '1';

const REPLAYED = 'true: it was asked before, and this is what was answered then.';
const LOCATION = { Location: 'Where the order is.' };

const REPLAYED_HEADER = { 'Idempotency-Replayed': REPLAYED };
const UNKNOWN_HEADERS = {
  ...REPLAYED_HEADER,
  Location: 'Where to look what became of it.',
  'Retry-After': 'Seconds after which there may be news.',
};

/** What a placement can be answered with. */
export const PLACED_RESPONSES: Readonly<Record<number, ResponseDefinition>> = {
  201: {
    description: 'The broker has the order.',
    schema: ORDER,
    headers: { ...REPLAYED_HEADER, ...LOCATION },
  },
  202: {
    description: 'The broker may have the order. Do not place it again: look at it.',
    schema: ORDER,
    headers: UNKNOWN_HEADERS,
  },
};

/** What a modification or cancellation can be answered with. */
export const CHANGED_RESPONSES: Readonly<Record<number, ResponseDefinition>> = {
  200: {
    description: 'The broker took it; the status of the order follows.',
    schema: CHANGED_ORDER,
    headers: REPLAYED_HEADER,
  },
  202: {
    description: 'The broker may have done it. Look at the operations of the order.',
    schema: CHANGED_ORDER,
    headers: UNKNOWN_HEADERS,
  },
};

/** The answer to an order write. */
export function writeAnswer({ answer, replayed }: Replayable): Answer {
  const headers: Record<string, string> = replayed ? { 'Idempotency-Replayed': 'true' } : {};
  return answer.kind === 'refused' ? refused(answer, headers) : taken(answer, headers);
}

/** 201 for an order that is new, 200 for one that was changed, 202 while that is not known. */
function taken({ kind, order, operation }: Taken, headers: Readonly<Record<string, string>>) {
  const path = `/v1/orders/${order.id}`;
  const body = operation
    ? { ...orderView(order), operation: operationView(operation) }
    : orderView(order);
  if (kind === 'unknown') {
    const location = operation ? `${path}/operations` : path;
    const status = { Location: location, 'Retry-After': LOOK_AGAIN_S };
    return { ...json(body, 202), headers: { ...headers, ...status } };
  }
  if (operation) return { ...json(body), headers };
  return { ...json(body, 201), headers: { ...headers, Location: path } };
}

/**
 * What was kept and can only be refused is 422, whatever else its code stands for: the request was
 * understood and dealt with.
 */
function refusalStatus({ code, orderId }: Refusal): number | undefined {
  const status = httpStatusOf(code);
  if (orderId === null || ERRORS[code].retryable || status === 409) return status;
  return 422;
}

function refused(refusal: Refusal, headers: Readonly<Record<string, string>>): Answer {
  const { code, detail, orderId, risk, retryAfterMs } = refusal;
  const status = refusalStatus(refusal);
  const location = orderId === null ? {} : { Location: `/v1/orders/${orderId}` };
  return {
    ...problem(code, detail, {
      ...headers,
      ...location,
      ...retryAfter(code, retryAfterMs ?? undefined),
    }),
    ...(status !== undefined && { status }),
    extensions: {
      ...(orderId !== null && { id: orderId }),
      ...(risk && { risk: riskView(risk) }),
    },
  };
}
