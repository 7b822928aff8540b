import type { Clock } from '../../../domain/clock.ts';
import type {
  BrokerAccountState,
  BrokerOrderRow,
  BrokerPosition,
  CallAdmission,
  CallOutcome,
  CallPurpose,
  LastWord,
  OrderBroker,
  Placed,
} from '../../../domain/order-broker.ts';
import type { TradeRecord } from '../../../domain/order-record.ts';
import type { OrderChange, OrderTerms, Variety } from '../../../domain/order-terms.ts';
import { readByKey, readQuote, type KiteQuote } from '../rest-answers.ts';
import { BrokerSession } from './broker-session.ts';
import { classifyChange, classifyPlacement } from './classify.ts';
import { cancelQuery, changeForm, marginOrdersJson, placementForm } from './order-form.ts';
import { OrderLane, type OrderLaneCall } from './order-lane.ts';
import { readOrderRows, readPositions, readTrades } from './order-rows.ts';
import type { OrderMethod, OrderTransport } from './order-transport.ts';
import { ReadLane, type ReadRequest } from './read-lane.ts';
import { MODIFICATIONS_PER_ORDER, QUOTES_PER_SECOND, READS_PER_SECOND } from './request-budgets.ts';

export interface KiteOrderBrokerOptions {
  /** Our name of the account. */
  account: string;
  transport: OrderTransport;
  clock: Clock;
  /** Masked wherever the broker's text is kept, as the access token is. */
  apiKey: string;
  /** Null: nobody has logged in yet, so nothing is sent until `setAccessToken`. */
  accessToken: string | null;
  /** Of a whole call. Default 7 s. */
  timeoutMs?: number;
}

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const READ_WAIT_MS = 5_000;
const QUOTE_WAIT_MS = 2_500;

/**
 * How long a call waits for its turn. An entry that waited longer would meet another market; a
 * cancellation is never too late.
 */
const ENTRY_WAIT_MS = 2_000;
const EXIT_WAIT_MS = 10_000;
const CANCEL_WAIT_MS = 300_000;

/** The order side of one account at Kite Connect; accounts have nothing in common. */
export class KiteOrderBroker implements OrderBroker {
  readonly account: string;
  readonly #transport: OrderTransport;
  readonly #session: BrokerSession;
  readonly #orders: OrderLane;
  readonly #books: ReadLane;
  readonly #quotes: ReadLane;

  constructor(options: KiteOrderBrokerOptions) {
    const { account, transport, clock, apiKey, accessToken, timeoutMs = 7_000 } = options;
    this.account = account;
    this.#transport = transport;
    this.#session = new BrokerSession(apiKey, accessToken);
    const session = this.#session;
    const onSessionEnd = (number: number): void => this.#endSession(number);
    const shared = { clock, transport, session, timeoutMs, onSessionEnd };
    this.#orders = new OrderLane(shared);
    this.#books = new ReadLane({
      ...shared,
      perSecond: READS_PER_SECOND,
      maxWaitMs: READ_WAIT_MS,
    });
    this.#quotes = new ReadLane({
      ...shared,
      perSecond: QUOTES_PER_SECOND,
      maxWaitMs: QUOTE_WAIT_MS,
    });
  }

  state(): BrokerAccountState {
    return { hasSession: this.#session.isAlive, ...this.#orders.state() };
  }

  countToday(requests: number): void {
    this.#orders.budget.countToday(requests);
  }

  admission(purpose: CallPurpose): CallAdmission {
    const maxWaitMs = purpose === 'exit' ? EXIT_WAIT_MS : ENTRY_WAIT_MS;
    return this.#orders.admission({ purpose, isCancel: false }, maxWaitMs);
  }

  async place(
    terms: OrderTerms,
    tag: string,
    purpose: CallPurpose,
    lastWord?: LastWord,
  ): Promise<CallOutcome<Placed>> {
    const call: OrderLaneCall = {
      kind: { purpose, isCancel: false },
      maxWaitMs: purpose === 'exit' ? EXIT_WAIT_MS : ENTRY_WAIT_MS,
      method: 'POST',
      path: `/orders/${terms.variety}`,
      body: placementForm(terms, tag),
      contentType: FORM,
      ...(lastWord && { lastWord }),
    };
    const outcome = await this.#orders.call(call, classifyPlacement);
    this.#countParts(terms, outcome);
    return outcome;
  }

  async modify(
    variety: Variety,
    brokerOrderId: string,
    change: OrderChange,
    parentOrderId: string | null,
    lastWord?: LastWord,
  ): Promise<CallOutcome<string>> {
    if (!this.#orders.budget.takeModification(brokerOrderId)) {
      const message = `The broker takes ${MODIFICATIONS_PER_ORDER} modifications of an order.`;
      return { kind: 'not-sent', code: 'INVALID_ORDER', message, evidence: null };
    }
    const call: OrderLaneCall = {
      kind: { purpose: 'entry', isCancel: false },
      maxWaitMs: ENTRY_WAIT_MS,
      method: 'PUT',
      path: orderPath(variety, brokerOrderId),
      body: changeForm(change, parentOrderId),
      contentType: FORM,
      ...(lastWord && { lastWord }),
    };
    const outcome = await this.#orders.call(call, (result) => classifyChange('modify', result));
    const isUnsent = outcome.kind === 'not-sent' && outcome.evidence === null;
    if (isUnsent) this.#orders.budget.giveBackModification(brokerOrderId);
    return outcome;
  }

  async cancel(
    variety: Variety,
    brokerOrderId: string,
    parentOrderId: string | null,
  ): Promise<CallOutcome<string>> {
    const call: OrderLaneCall = {
      kind: { purpose: 'exit', isCancel: true },
      maxWaitMs: CANCEL_WAIT_MS,
      method: 'DELETE',
      path: orderPath(variety, brokerOrderId) + cancelQuery(parentOrderId),
      body: null,
      contentType: null,
    };
    return this.#orders.call(call, (result) => classifyChange('cancel', result));
  }

  async orders(): Promise<BrokerOrderRow[]> {
    return this.#books.read(get('/orders'), (data) => readOrderRows(data, this.account));
  }

  async history(brokerOrderId: string): Promise<BrokerOrderRow[]> {
    const request = get(`/orders/${encodeURIComponent(brokerOrderId)}`);
    return this.#books.read(request, (data) => readOrderRows(data, this.account));
  }

  async trades(): Promise<TradeRecord[]> {
    return this.#books.read(get('/trades'), (data) => readTrades(data, this.account));
  }

  async positions(): Promise<BrokerPosition[]> {
    return this.#books.read(get('/portfolio/positions'), readPositions);
  }

  /**
   * One instrument (`EXCHANGE:TRADINGSYMBOL`), within one request a second; undefined: the broker
   * does not know it. Rejects as the other reads do.
   */
  async quote(key: string): Promise<KiteQuote | undefined> {
    const request = get(`/quote?i=${encodeURIComponent(key)}`);
    return this.#quotes.read(request, (data) => readByKey(data, [key], readQuote).get(key));
  }

  async orderMargins(orders: readonly OrderTerms[], compact: boolean): Promise<unknown> {
    const mode = compact ? '?mode=compact' : '';
    return this.#margins(`/margins/orders${mode}`, orders);
  }

  async basketMargins(
    orders: readonly OrderTerms[],
    considerPositions: boolean,
    compact: boolean,
  ): Promise<unknown> {
    const mode = compact ? '&mode=compact' : '';
    return this.#margins(`/margins/basket?consider_positions=${considerPositions}${mode}`, orders);
  }

  setAccessToken(accessToken: string): void {
    this.#transport.setAccessToken(accessToken);
    this.#session.begin(accessToken);
  }

  async close(): Promise<void> {
    const detail = 'The service is shutting down.';
    const refusal = { ok: false, code: 'SHUTTING_DOWN', detail, retryAfterMs: 1_000 } as const;
    this.#orders.close(refusal);
    this.#books.close(refusal);
    this.#quotes.close(refusal);
    await this.#transport.close();
  }

  #margins(path: string, orders: readonly OrderTerms[]): Promise<unknown> {
    const body = marginOrdersJson(orders);
    const request: ReadRequest = { method: 'POST', path, body, contentType: JSON_TYPE };
    return this.#books.read(request, (data) => data);
  }

  /** Iceberg legs and slices count for the day, each by itself. */
  #countParts(terms: OrderTerms, outcome: CallOutcome<Placed>): void {
    if (outcome.kind === 'rejected' || outcome.kind === 'not-sent') return;
    const { icebergLegs, variety } = terms;
    const legs = variety === 'iceberg' ? (icebergLegs ?? 1) : 1;
    this.#orders.budget.countMore(Math.max(legs, slicesOf(outcome)) - 1);
  }

  #endSession(number: number): void {
    if (!this.#session.end(number)) return;
    const refusal = this.#session.refusal();
    if (refusal === undefined) return;
    this.#orders.refuseAll(refusal);
    this.#books.refuseAll(refusal);
    this.#quotes.refuseAll(refusal);
  }
}

/** Slices that were taken or refused; 0: it is not known. */
function slicesOf(outcome: CallOutcome<Placed>): number {
  if (outcome.kind !== 'accepted') return 0;
  const { orderIds, parentOrderId, refusals } = outcome.result;
  return orderIds.filter((id) => id !== parentOrderId).length + refusals.length;
}

function get(path: string): ReadRequest {
  const method: OrderMethod = 'GET';
  return { method, path, body: null, contentType: null };
}

function orderPath(variety: Variety, brokerOrderId: string): string {
  return `/orders/${variety}/${encodeURIComponent(brokerOrderId)}`;
}
