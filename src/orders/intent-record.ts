import { ERRORS, type ErrorCode } from '../domain/error-codes.ts';
import type { TradableContract } from '../domain/order-market.ts';
import type { TimedAuditEvent } from '../domain/order-journal.ts';
import type { OrderRecord, RiskDecision } from '../domain/order-record.ts';
import type { PlainCall, PlaceRequest, WriteCall } from '../domain/order-service.ts';
import { timedEvent, type Doer, type EventDraft } from './order-events.ts';
import { tagOf } from './order-ids.ts';

export function callerOf({ principal, origin }: PlainCall): Doer {
  return { actor: principal.keyId, origin };
}

/** A decision that was made before the checks. */
export function denied(code: ErrorCode, detail: string = ERRORS[code].detail): RiskDecision {
  return { allowed: false, code, detail, isExit: false, numbers: {} };
}

/** A decision of the checks that something else overrules. */
export function overruled(decision: RiskDecision, code: ErrorCode, detail: string): RiskDecision {
  return { ...decision, allowed: false, code, detail };
}

/** An order as it is journaled first: SENT when `risk` allows it, else REJECTED. */
export function intentRecord(
  id: string,
  { principal }: WriteCall,
  request: PlaceRequest,
  contract: TradableContract | undefined,
  risk: RiskDecision,
  nowUs: number,
): OrderRecord {
  const { account, clientOrderId, clientTag, terms } = request;
  return {
    id,
    account,
    keyId: principal.keyId,
    clientOrderId,
    clientTag,
    tag: tagOf(account, id),
    terms,
    instrumentToken: contract?.token ?? null,
    intentState: risk.allowed ? 'SENT' : 'REJECTED',
    code: risk.code,
    message: risk.detail,
    risk,
    brokerOrders: [],
    sliceParentId: null,
    sliceRefusals: [],
    duplicateOrderIds: [],
    createdUs: nowUs,
    sentUs: risk.allowed ? nowUs : null,
    answeredUs: null,
    resolvedUs: null,
    updatedUs: nowUs,
    version: 1,
  };
}

/** Who wanted the order, what was decided and, if it is to leave, that it leaves. */
export function intentEvents(call: WriteCall, order: OrderRecord): TimedAuditEvent[] {
  const { id, account, terms, clientOrderId, clientTag, tag, risk, createdUs } = order;
  const { requestId, idempotencyKey, fingerprint } = call;
  const caller = callerOf(call);
  const intent = { account, terms, clientOrderId, clientTag, requestId, idempotencyKey };
  const drafts: EventDraft[] = [
    { ...caller, action: 'order.intent', detail: { ...intent, fingerprint } },
    { ...caller, action: 'order.decision', detail: { ...risk } },
  ];
  if (risk?.allowed === true) drafts.push({ ...caller, action: 'order.sent', detail: { tag } });
  return drafts.map((draft) => timedEvent(draft, id, createdUs));
}
