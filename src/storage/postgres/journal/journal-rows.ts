import { type EventText, eventText } from '../../../domain/audit-chain.ts';
import { type JournalEntry, mayChange } from '../../../domain/order-journal.ts';
import type { OperationRecord, OrderRecord, TradeRecord } from '../../../domain/order-record.ts';

/** Tables of the journal, by the name of what stands in them. */
export const ROW_KINDS = [
  'orders',
  'operations',
  'trades',
  'idempotency',
  'released',
  'tradingStates',
  'limits',
] as const;

export type RowKind = (typeof ROW_KINDS)[number];

/** An audit event and when it was, epoch µs. */
export type TimedText = EventText & { timeUs: number };

/** An entry in the form in which it is sent; nothing of it is shared with who gave it. */
export interface JournalRows {
  /** JSON texts, one a row: its columns by name. */
  rows: Readonly<Record<RowKind, readonly string[]>>;
  events: readonly TimedText[];
  /** What it writes to: two that have one in common cannot be one statement. */
  keys: readonly string[];
  /** Characters of JSON, about. */
  size: number;
}

/** What PostgreSQL does not keep: the character 0, and half of a character, as JSON writes them. */
const MAYBE_NOT_STORABLE = /\\u(0000|d[89a-f])/;
const NOT_STORABLE = /\0|\p{Surrogate}/gu;
const REPLACEMENT = '\uFFFD';

/** `nowUs`: when a trade was made that does not say so. */
export function journalRows(entry: JournalEntry, nowUs: number): JournalRows {
  const orders = latest(entry.orders ?? []);
  const operations = latest(entry.operations ?? []);
  const trades = byKey(entry.trades ?? [], (trade) =>
    JSON.stringify([trade.account, trade.brokerOrderId, trade.tradeId]),
  );
  const uses = byKey(entry.idempotency ?? [], useKey);
  const released = byKey(entry.released ?? [], useKey);
  // A key that is released and used again in one entry is in use.
  for (const key of uses.keys()) released.delete(key);
  const states = byKey(entry.tradingStates ?? [], ({ account }) => account);
  const limits = byKey(entry.limits ?? [], ({ scope, subject }) => `${scope} ${subject}`);
  const rows: JournalRows['rows'] = {
    orders: texts(orders, orderRow),
    operations: texts(operations, operationRow),
    trades: texts(trades, (trade) => tradeRow(trade, nowUs)),
    idempotency: texts(uses, (use) => ({
      key_id: use.keyId,
      key: use.key,
      expires_us: Math.floor(use.expiresUs),
      record: use,
    })),
    released: texts(released, ({ keyId, key }) => ({ key_id: keyId, key })),
    tradingStates: texts(states, (state) => ({
      account: state.account,
      state: state.state,
      record: state,
    })),
    limits: texts(limits, (limit) => ({
      scope: limit.scope,
      subject: limit.subject,
      record: limit,
    })),
  };
  return {
    rows,
    events: entry.events.map((event) => ({ timeUs: event.timeUs, ...eventText(event) })),
    keys: [
      ...prefixed('order', orders),
      ...prefixed('operation', operations),
      ...prefixed('trade', trades),
      ...prefixed('use', uses),
      ...prefixed('use', released),
      ...prefixed('state', states),
      ...prefixed('limits', limits),
    ],
    size: ROW_KINDS.reduce((sum, kind) => sum + sizeOf(rows[kind]), 0),
  };
}

/** The rows of one kind of a group, as a JSON array. */
export function jsonArray(group: readonly JournalRows[], kind: RowKind): string {
  return `[${group.flatMap(({ rows }) => rows[kind]).join(',')}]`;
}

function orderRow(order: OrderRecord): object {
  return {
    id: order.id,
    account: order.account,
    key_id: order.keyId,
    client_order_id: order.clientOrderId,
    tag: order.tag,
    state: order.intentState,
    may_change: mayChange(order),
    created_us: Math.floor(order.createdUs),
    version: order.version,
    record: order,
  };
}

function operationRow(operation: OperationRecord): object {
  return {
    id: operation.id,
    order_id: operation.orderId,
    account: operation.account,
    kind: operation.kind,
    state: operation.intentState,
    created_us: Math.floor(operation.createdUs),
    version: operation.version,
    record: operation,
  };
}

function tradeRow(trade: TradeRecord, nowUs: number): object {
  return {
    account: trade.account,
    broker_order_id: trade.brokerOrderId,
    trade_id: trade.tradeId,
    order_id: trade.orderId,
    time_us: Math.floor(trade.fillTimeS === null ? nowUs : trade.fillTimeS * 1e6),
    record: trade,
  };
}

function byKey<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row> {
  return new Map(rows.map((row) => [keyOf(row), row]));
}

function useKey({ keyId, key }: { keyId: string; key: string }): string {
  return JSON.stringify([keyId, key]);
}

/** The highest version of each. */
function latest<Row extends { id: string; version: number }>(
  rows: readonly Row[],
): Map<string, Row> {
  return byKey(
    [...rows].sort((a, b) => a.version - b.version),
    ({ id }) => id,
  );
}

function texts<Row>(rows: ReadonlyMap<string, Row>, rowOf: (row: Row) => object): string[] {
  return [...rows.values()].map((row) => storableJson(rowOf(row)));
}

function storableJson(value: object): string {
  const text = JSON.stringify(value);
  if (!MAYBE_NOT_STORABLE.test(text)) return text;
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'string' ? item.replace(NOT_STORABLE, REPLACEMENT) : item,
  );
}

function prefixed(prefix: string, rows: ReadonlyMap<string, unknown>): string[] {
  return [...rows.keys()].map((key) => `${prefix} ${key}`);
}

function sizeOf(rows: readonly string[]): number {
  return rows.reduce((sum, text) => sum + text.length, 0);
}
