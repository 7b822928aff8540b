import type { Placed } from '../../../domain/order-broker.ts';
import type { ErrorCode } from '../../../domain/error-codes.ts';
import type { SliceRefusal } from '../../../domain/order-record.ts';
import { refusalKind, saysDayIsFull, type ErrorAnswer } from './broker-refusal.ts';
import type { TransportAnswer, TransportResult } from './order-transport.ts';

export type OrderCall = 'place' | 'modify' | 'cancel';

/** A call's outcome as its one answer, or the lack of one, tells it. */
export type Verdict<Result> =
  | { kind: 'accepted'; result: Result }
  | {
      kind: 'rejected';
      code: ErrorCode;
      message: string;
      isThrottled: boolean;
      /** The broker takes no more order requests today. */
      isDayFull: boolean;
    }
  | { kind: 'not-sent'; code: ErrorCode; message: string }
  | { kind: 'unknown'; code: ErrorCode; message: string };

/** What the broker gives as an order id: digits, but nothing depends on that. */
const ORDER_ID = /^[A-Za-z0-9_-]{1,40}$/;

type Fields = Readonly<Record<string, unknown>>;

export function classifyPlacement(result: TransportResult): Verdict<Placed> {
  return classify('place', result, readPlacement);
}

/** Of a modification or a cancellation; the result is the order id of the answer. */
export function classifyChange(
  call: Exclude<OrderCall, 'place'>,
  result: TransportResult,
): Verdict<string> {
  return classify(call, result, (data) => {
    const orderId = orderIdOf(data);
    return orderId === undefined ? undefined : { kind: 'accepted', result: orderId };
  });
}

/** `readData` gives undefined for what it does not understand. */
function classify<Result>(
  call: OrderCall,
  result: TransportResult,
  readData: (data: unknown) => Verdict<Result> | undefined,
): Verdict<Result> {
  if (result.kind === 'failed') {
    const { bytesWritten, reason: message, isSimulatorRefused = false } = result;
    if (bytesWritten) return unknown(message);
    const code = isSimulatorRefused ? 'SIMULATOR_REFUSED' : 'BROKER_UNREACHABLE';
    return { kind: 'not-sent', code, message };
  }
  const { status } = result;
  if (status < 200 || status > 299) return refusal(readErrorAnswer(result));
  const envelope = parseObject(result.body);
  const isSuccess = envelope?.['status'] === 'success';
  const verdict = isSuccess ? readData(envelope['data']) : undefined;
  return verdict ?? unknown(`HTTP ${status} to ${call} without an order id`);
}

/** The error of an answer with another status than 2xx. */
export function readErrorAnswer({ status, body }: TransportAnswer): ErrorAnswer {
  const envelope = parseObject(body);
  const message = envelope?.['message'];
  const type = envelope?.['error_type'];
  return {
    status,
    errorType: typeof type === 'string' && type !== '' ? type : null,
    text: typeof message === 'string' ? message : body,
  };
}

/** In words for a person. */
export function describeError({ status, errorType, text }: ErrorAnswer): string {
  return `HTTP ${status} ${errorType ?? 'without error_type'}: ${text}`;
}

function refusal(error: ErrorAnswer): Verdict<never> {
  const message = describeError(error);
  const kind = refusalKind(error);
  if (kind === 'unknown') return unknown(message);
  return {
    kind: 'rejected',
    code: REFUSAL_CODE[kind],
    message,
    isThrottled: kind === 'throttled',
    isDayFull: saysDayIsFull(error.text),
  };
}

const REFUSAL_CODE = {
  rejected: 'BROKER_REJECTED',
  session: 'BROKER_SESSION',
  throttled: 'BROKER_BUDGET',
} as const satisfies Record<string, ErrorCode>;

/**
 * `{order_id}`; with autoslice `{order_id, children}` or a flat list, each entry an order or an
 * error. One order that was taken makes the placement accepted: a slice whose refusal may hide an
 * order stands among the refusals, and the order book shows it by its tag.
 */
function readPlacement(data: unknown): Verdict<Placed> | undefined {
  const parentId = orderIdOf(data);
  const entries = Array.isArray(data) ? data : isFields(data) ? (data['children'] ?? []) : [];
  if (!Array.isArray(entries)) return undefined;
  if (entries.length === 0)
    return parentId === undefined ? undefined : accepted([parentId], null, []);

  const orderIds: string[] = [];
  const errors: ErrorAnswer[] = [];
  for (const entry of entries) {
    const orderId = orderIdOf(entry);
    const error = sliceErrorOf(entry);
    if (orderId !== undefined) orderIds.push(orderId);
    else if (error !== undefined) errors.push(error);
    else return undefined;
  }
  if (orderIds.length === 0) return allSlicesRefused(errors);
  const parents = parentId === undefined ? [] : [parentId];
  return accepted([...parents, ...orderIds], parentId ?? null, errors.map(sliceRefusal));
}

function accepted(
  orderIds: string[],
  parentOrderId: string | null,
  refusals: SliceRefusal[],
): Verdict<Placed> {
  return { kind: 'accepted', result: { orderIds, parentOrderId, refusals } };
}

function allSlicesRefused(errors: readonly ErrorAnswer[]): Verdict<Placed> {
  const verdicts = errors.map(refusal);
  const doubtful = verdicts.find(({ kind }) => kind === 'unknown');
  return doubtful ?? verdicts[0] ?? unknown('no slice was answered');
}

function sliceRefusal({ errorType, text }: ErrorAnswer): SliceRefusal {
  return { code: errorType ?? 'GeneralException', message: text };
}

/** `{error: {code, error_type, message}}` */
function sliceErrorOf(entry: unknown): ErrorAnswer | undefined {
  const error = isFields(entry) ? entry['error'] : undefined;
  if (!isFields(error)) return undefined;
  const { code, error_type: type, message } = error;
  return {
    status: typeof code === 'number' ? code : 0,
    errorType: typeof type === 'string' ? type : null,
    text: typeof message === 'string' ? message : '',
  };
}

function orderIdOf(data: unknown): string | undefined {
  const orderId = isFields(data) ? data['order_id'] : undefined;
  return typeof orderId === 'string' && ORDER_ID.test(orderId) ? orderId : undefined;
}

function unknown(message: string): Verdict<never> {
  return { kind: 'unknown', code: 'OUTCOME_UNKNOWN', message };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined: not JSON, or not an object. */
export function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    // What it is instead, the callers say.
    return undefined;
  }
}
