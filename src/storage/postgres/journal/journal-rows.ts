import { type EventText, eventText } from '../../../domain/audit-chain.ts';
import { type JournalEntry, mayChange } from '../../../domain/order-journal.ts';
import type { OperationRecord, OrderRecord, TradeRecord } from '../../../domain/order-record.ts';
import { type Cell, ROW_KINDS, type Row, type RowKind } from './journal-tables.ts';

/** An audit event and when it was, epoch µs. */
export type TimedText = EventText & { timeUs: number };

/** An entry in the form in which it is sent; nothing of it is shared with who gave it. */
export interface JournalRows {
  rows: Readonly<Record<RowKind, readonly Row[]>>;
  events: readonly TimedText[];
  /** What it writes to: two that have one in common cannot be one statement. */
  keys: readonly string[];
  /** Characters, about. */
  size: number;
}

/** What PostgreSQL does not keep: the character 0 and halves of characters; the same in JSON. */
const MAYBE_NOT_STORABLE = /[\0\ud800-\udfff]/;
const MAYBE_NOT_STORABLE_JSON = /\\u(0000|d[89a-f])/;
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
    orders: rowsOf(orders, orderRow),
    operations: rowsOf(operations, operationRow),
    trades: rowsOf(trades, (trade) => tradeRow(trade, nowUs)),
    idempotency: rowsOf(uses, (use) => [
      use.keyId,
      use.key,
      Math.floor(use.expiresUs),
      storableJson(use),
    ]),
    released: rowsOf(released, ({ keyId, key }) => [keyId, key]),
    tradingStates: rowsOf(states, (state) => [state.account, state.state, storableJson(state)]),
    limits: rowsOf(limits, (limit) => [limit.scope, limit.subject, storableJson(limit)]),
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

function orderRow(order: OrderRecord): Row {
  return [
    order.id,
    order.account,
    order.keyId,
    order.clientOrderId,
    order.tag,
    order.intentState,
    mayChange(order),
    Math.floor(order.createdUs),
    order.version,
    storableJson(order),
  ];
}

function operationRow(operation: OperationRecord): Row {
  return [
    operation.id,
    operation.orderId,
    operation.account,
    operation.kind,
    operation.intentState,
    Math.floor(operation.createdUs),
    operation.version,
    storableJson(operation),
  ];
}

function tradeRow(trade: TradeRecord, nowUs: number): Row {
  return [
    trade.account,
    trade.brokerOrderId,
    trade.tradeId,
    trade.orderId,
    Math.floor(trade.fillTimeS === null ? nowUs : trade.fillTimeS * 1e6),
    storableJson(trade),
  ];
}

function byKey<Item>(rows: readonly Item[], keyOf: (row: Item) => string): Map<string, Item> {
  return new Map(rows.map((row) => [keyOf(row), row]));
}

function useKey({ keyId, key }: { keyId: string; key: string }): string {
  return JSON.stringify([keyId, key]);
}

/** The highest version of each. */
function latest<Item extends { id: string; version: number }>(
  rows: readonly Item[],
): Map<string, Item> {
  return byKey(
    [...rows].sort((a, b) => a.version - b.version),
    ({ id }) => id,
  );
}

function rowsOf<Item>(items: ReadonlyMap<string, Item>, rowOf: (item: Item) => Row): Row[] {
  return [...items.values()].map((item) => rowOf(item).map(storableCell));
}

function storableCell(cell: Cell): Cell {
  if (typeof cell !== 'string' || !MAYBE_NOT_STORABLE.test(cell)) return cell;
  return cell.replace(NOT_STORABLE, REPLACEMENT);
}

function storableJson(value: object): string {
  const text = JSON.stringify(value);
  if (!MAYBE_NOT_STORABLE_JSON.test(text)) return text;
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'string' ? item.replace(NOT_STORABLE, REPLACEMENT) : item,
  );
}

function prefixed(prefix: string, rows: ReadonlyMap<string, unknown>): string[] {
  return [...rows.keys()].map((key) => `${prefix} ${key}`);
}

function sizeOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + row.reduce<number>(addSize, 0), 0);
}

function addSize(sum: number, cell: Cell): number {
  return sum + (typeof cell === 'string' ? cell.length : 1);
}
