import { errorText } from '../domain/error-codes.ts';
import type { CallOutcome, Placed, WireEvidence } from '../domain/order-broker.ts';
import type { BrokerOrder, OrderRecord } from '../domain/order-record.ts';
import { answeredOrder, mergeIntoOrders } from './merge-order.ts';
import type { EventDraft } from './order-events.ts';
import type { OrderPatch } from './order-ledger.ts';

/** What the answer to a placement makes of the order. `order`: as it stands when it comes. */
export function placedPatch(
  order: OrderRecord,
  outcome: CallOutcome<Placed>,
  nowUs: number,
): OrderPatch {
  switch (outcome.kind) {
    case 'accepted':
      return acceptedPatch(order, outcome.result, nowUs);
    case 'unknown':
      return unknownPatch(outcome.code, outcome.message, nowUs);
    case 'rejected':
    case 'not-sent': {
      const { code, message } = outcome;
      // An event has shown the order: it is there, whatever was answered.
      if (order.brokerOrders.some(isThere)) return unknownPatch(code, message, nowUs);
      return { intentState: 'REJECTED', code, message, answeredUs: nowUs };
    }
  }
}

function isThere({ status, filledQuantity }: BrokerOrder): boolean {
  return status !== 'REJECTED' || filledQuantity > 0;
}

function acceptedPatch(order: OrderRecord, placed: Placed, nowUs: number): OrderPatch {
  const { orderIds, parentOrderId, refusals } = placed;
  const [first] = refusals;
  if (orderIds.length === 0) {
    const message = first?.message ?? 'every slice was refused';
    return {
      intentState: 'REJECTED',
      code: 'BROKER_REJECTED',
      message,
      sliceRefusals: refusals,
      answeredUs: nowUs,
    };
  }
  const brokerOrders = orderIds.reduce<readonly BrokerOrder[]>((known, id) => {
    const isKnown = known.some(({ brokerOrderId }) => brokerOrderId === id);
    // How much a slice has is told by the book.
    const terms = orderIds.length === 1 ? order.terms : { ...order.terms, quantity: 0 };
    return isKnown ? known : mergeIntoOrders(known, answeredOrder(id, terms), false);
  }, order.brokerOrders);
  // One number for an order that may be sliced can be that of all slices.
  const only = order.terms.autoslice && orderIds.length === 1 ? orderIds[0] : undefined;
  const sliceParentId = parentOrderId ?? only ?? null;
  const told = { brokerOrders, sliceParentId, sliceRefusals: refusals };
  return { intentState: 'ACCEPTED', ...told, answeredUs: nowUs };
}

function unknownPatch(
  code: NonNullable<OrderRecord['code']>,
  message: string,
  nowUs: number,
): OrderPatch {
  return { intentState: 'UNKNOWN', code, message, answeredUs: nowUs };
}

/**
 * What became of a call that changes something. Brokers never reject such a call; should one do so
 * all the same, it may have been done.
 */
export async function outcomeOf<Result>(
  call: () => Promise<CallOutcome<Result>>,
  about: string,
  nowUs: () => number,
  onFault: (error: unknown) => void,
): Promise<CallOutcome<Result>> {
  const sentUs = nowUs();
  try {
    return await call();
  } catch (error) {
    onFault(error);
    const evidence: WireEvidence = {
      method: '',
      path: about,
      requestBody: null,
      status: null,
      responseBody: null,
      sentUs,
      answeredUs: nowUs(),
    };
    return { kind: 'unknown', code: 'OUTCOME_UNKNOWN', message: errorText(error), evidence };
  }
}

/** The answer, with what went over the wire. */
export function answerEvent(
  action: 'order.answer' | 'operation.answer',
  id: string,
  origin: string,
  outcome: CallOutcome<unknown>,
): EventDraft {
  const { kind, evidence } = outcome;
  const said =
    outcome.kind === 'accepted'
      ? { result: outcome.result }
      : { code: outcome.code, message: outcome.message };
  return { actor: 'service', origin, action, detail: { id, outcome: kind, ...said, evidence } };
}
