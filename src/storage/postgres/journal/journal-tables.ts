/** What a journal entry can have rows of. */
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

type ColumnType =
  | 'text'
  | 'bigint'
  | 'integer'
  | 'boolean'
  | 'intent_state'
  | 'timestamptz'
  | 'bytea'
  | 'json'
  | 'jsonb';

/** The columns that rows of one kind have, in order, and the statement that takes them. */
export interface JournalTable {
  columns: readonly (readonly [name: string, type: ColumnType])[];
  /** Part of a statement with the rows as `r`, after the CTE `fence`. */
  write: (rows: string) => string;
}

export const JOURNAL_TABLES: Readonly<Record<RowKind | 'events', JournalTable>> = {
  orders: {
    columns: [
      ['id', 'text'],
      ['account', 'text'],
      ['key_id', 'text'],
      ['client_order_id', 'text'],
      ['tag', 'text'],
      ['state', 'intent_state'],
      ['may_change', 'boolean'],
      ['created_us', 'bigint'],
      ['version', 'integer'],
      ['record', 'json'],
    ],
    write: (rows) => `new_orders as (
      insert into orders (id, account, key_id, client_order_id, tag, state, may_change,
        created_us, version, record)
      select r.* from fence, ${rows}
      on conflict (id) do update set
        client_order_id = excluded.client_order_id, state = excluded.state,
        may_change = excluded.may_change, version = excluded.version, record = excluded.record
      where orders.version < excluded.version)`,
  },
  operations: {
    columns: [
      ['id', 'text'],
      ['order_id', 'text'],
      ['account', 'text'],
      ['kind', 'text'],
      ['state', 'intent_state'],
      ['created_us', 'bigint'],
      ['version', 'integer'],
      ['record', 'json'],
    ],
    write: (rows) => `new_operations as (
      insert into order_operations (id, order_id, account, kind, state, created_us, version, record)
      select r.* from fence, ${rows}
      on conflict (id) do update set
        state = excluded.state, version = excluded.version, record = excluded.record
      where order_operations.version < excluded.version)`,
  },
  trades: {
    columns: [
      ['account', 'text'],
      ['broker_order_id', 'text'],
      ['trade_id', 'text'],
      ['order_id', 'text'],
      ['time_us', 'bigint'],
      ['record', 'json'],
    ],
    write: (rows) => `new_trades as (
      insert into order_trades (account, broker_order_id, trade_id, order_id, time_us, record)
      select r.* from fence, ${rows}
      on conflict (account, broker_order_id, trade_id)
        do update set order_id = excluded.order_id, record = excluded.record
      where order_trades.record::text is distinct from excluded.record::text)`,
  },
  idempotency: {
    columns: [
      ['key_id', 'text'],
      ['key', 'text'],
      ['expires_us', 'bigint'],
      ['record', 'json'],
    ],
    write: (rows) => `new_uses as (
      insert into idempotency_keys (key_id, key, expires_us, record)
      select r.* from fence, ${rows}
      on conflict (key_id, key) do update
        set expires_us = excluded.expires_us, record = excluded.record)`,
  },
  released: {
    columns: [
      ['key_id', 'text'],
      ['key', 'text'],
    ],
    write: (rows) => `gone_uses as (
      delete from idempotency_keys as used using fence, ${rows}
      where used.key_id = r.key_id and used.key = r.key)`,
  },
  tradingStates: {
    columns: [
      ['account', 'text'],
      ['state', 'text'],
      ['record', 'json'],
    ],
    write: (rows) => `new_states as (
      insert into trading_states (account, state, record)
      select r.* from fence, ${rows}
      on conflict (account) do update set state = excluded.state, record = excluded.record)`,
  },
  limits: {
    columns: [
      ['scope', 'text'],
      ['subject', 'text'],
      ['record', 'json'],
    ],
    write: (rows) => `new_limits as (
      insert into risk_limits (scope, subject, record)
      select r.* from fence, ${rows}
      on conflict (scope, subject) do update set record = excluded.record)`,
  },
  events: {
    columns: [
      ['id', 'bigint'],
      ['time', 'timestamptz'],
      ['actor', 'text'],
      ['action', 'text'],
      ['subject', 'text'],
      ['origin', 'text'],
      ['detail', 'jsonb'],
      ['previous_hash', 'bytea'],
      ['hash', 'bytea'],
    ],
    write: (rows) => `new_events as (
      insert into audit_events
        (id, time, actor, action, subject, origin, detail, previous_hash, hash)
      select r.* from fence, ${rows})`,
  },
};

/** Text for a value: JSON columns have the text of their JSON, bytes begin with \x. */
export type Cell = string | number | boolean | null;

/** The values of a row, as `columns` has them. */
export type Row = readonly Cell[];

/** The rows as one JSON array of objects. */
export function jsonOfRows({ columns }: JournalTable, rows: readonly Row[]): string {
  const objects = rows.map((row) => {
    const fields = columns.map(([name, type], index) => {
      const value = row[index] ?? null;
      const json = type === 'json' || type === 'jsonb' ? String(value) : JSON.stringify(value);
      return `"${name}":${json}`;
    });
    return `{${fields.join(',')}}`;
  });
  return `[${objects.join(',')}]`;
}

/** SQL for `$1`, ... as values of the columns: the server reads them as text and casts them. */
export function castOf(type: ColumnType): string {
  return type === 'text' || type === 'boolean' || type === 'bigint' || type === 'integer'
    ? `::${type}`
    : `::text::${type}`;
}
