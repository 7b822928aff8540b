import type { ChainedText } from '../../../domain/audit-chain.ts';
import { AUDIT_LOCK_ID } from '../audit-log.ts';
import type { Sql } from '../database.ts';
import { jsonArray, type JournalRows, ROW_KINDS, type RowKind } from './journal-rows.ts';

/** Where a writer stands: whose turn it is, and how many commits there have been. */
export interface WriterPosition {
  epoch: number;
  position: number;
}

/** What the rows of one kind become, before and after the JSON array that has them. */
type Part = readonly [before: string, after: string];

const FENCE: readonly [string, string, string] = [
  `with locked as materialized (select pg_advisory_xact_lock(${AUDIT_LOCK_ID})), fence as (
    update journal_writer set position = position + 1 from locked where epoch = `,
  ' and position = ',
  ' returning position)',
];

const PARTS: Readonly<Record<RowKind | 'events', Part>> = {
  orders: [
    `, new_orders as (
      insert into orders (id, account, key_id, client_order_id, tag, state, may_change,
        created_us, version, record)
      select r.* from fence, json_to_recordset(`,
    `::text::json) as r (id text, account text, key_id text, client_order_id text, tag text,
        state intent_state, may_change boolean, created_us bigint, version integer, record json)
      on conflict (id) do update set
        client_order_id = excluded.client_order_id, state = excluded.state,
        may_change = excluded.may_change, version = excluded.version, record = excluded.record
      where orders.version < excluded.version)`,
  ],
  operations: [
    `, new_operations as (
      insert into order_operations (id, order_id, account, kind, state, created_us, version, record)
      select r.* from fence, json_to_recordset(`,
    `::text::json) as r (id text, order_id text, account text, kind text, state intent_state,
        created_us bigint, version integer, record json)
      on conflict (id) do update set
        state = excluded.state, version = excluded.version, record = excluded.record
      where order_operations.version < excluded.version)`,
  ],
  trades: [
    `, new_trades as (
      insert into order_trades (account, broker_order_id, trade_id, order_id, time_us, record)
      select r.* from fence, json_to_recordset(`,
    `::text::json) as r (account text, broker_order_id text, trade_id text, order_id text,
        time_us bigint, record json)
      on conflict (account, broker_order_id, trade_id)
        do update set order_id = excluded.order_id, record = excluded.record
      where order_trades.record::text is distinct from excluded.record::text)`,
  ],
  idempotency: [
    `, new_uses as (
      insert into idempotency_keys (key_id, key, expires_us, record)
      select r.* from fence, json_to_recordset(`,
    `::text::json) as r (key_id text, key text, expires_us bigint, record json)
      on conflict (key_id, key) do update
        set expires_us = excluded.expires_us, record = excluded.record)`,
  ],
  released: [
    `, gone_uses as (
      delete from idempotency_keys as used using fence, json_to_recordset(`,
    `::text::json) as r (key_id text, key text)
      where used.key_id = r.key_id and used.key = r.key)`,
  ],
  tradingStates: [
    `, new_states as (
      insert into trading_states (account, state, record)
      select r.* from fence, json_to_recordset(`,
    `::text::json) as r (account text, state text, record json)
      on conflict (account) do update set state = excluded.state, record = excluded.record)`,
  ],
  limits: [
    `, new_limits as (
      insert into risk_limits (scope, subject, record)
      select r.* from fence, json_to_recordset(`,
    `::text::json) as r (scope text, subject text, record json)
      on conflict (scope, subject) do update set record = excluded.record)`,
  ],
  events: [
    `, new_events as (
      insert into audit_events
        (id, time, actor, action, subject, origin, detail, previous_hash, hash)
      select r.* from fence, json_to_recordset(`,
    `::text::json) as r (id bigint, time timestamptz, actor text, action text, subject text,
        origin text, detail jsonb, previous_hash bytea, hash bytea))`,
  ],
};

const END = ' select position from fence';

/** By the kinds of rows that they write: the server prepares each once. */
const statements = new Map<string, TemplateStringsArray>();

/**
 * Writes a group and its chained events: one statement, one round trip, one commit. The lock comes
 * first, as with everybody who writes events; then the writer's row, on which all else hangs.
 * False: nothing was written, because the writer is not at `at` (any more). A row is only replaced
 * by one of a higher version; one that is there in the same or a higher version stays as it is.
 * Rejects as `Database`; an id of `events` that is taken violates `audit_events_pkey`.
 */
export async function appendGroup(
  sql: Sql,
  at: WriterPosition,
  group: readonly JournalRows[],
  events: readonly ChainedText[],
): Promise<boolean> {
  // The server prepares anew for every run what a statement might write: it is asked for no more
  // than there is.
  const kinds = ROW_KINDS.filter((kind) => group.some(({ rows }) => rows[kind].length > 0));
  const values = kinds.map((kind) => jsonArray(group, kind));
  const parts: (RowKind | 'events')[] = [...kinds];
  if (events.length > 0) {
    parts.push('events');
    values.push(`[${events.map(eventRow).join(',')}]`);
  }
  const written = await sql(statementOf(parts), at.epoch, at.position, ...values);
  return written.length === 1;
}

function statementOf(kinds: readonly (RowKind | 'events')[]): TemplateStringsArray {
  const name = kinds.join();
  const known = statements.get(name);
  if (known !== undefined) return known;
  const strings: string[] = [...FENCE];
  for (const kind of kinds) {
    const [before, after] = PARTS[kind];
    strings.push(`${strings.pop()}${before}`, after);
  }
  strings.push(`${strings.pop()}${END}`);
  const made = Object.assign(strings, { raw: strings });
  statements.set(name, made);
  return made;
}

/** Its columns by name, in JSON. */
function eventRow(event: ChainedText): string {
  const { id, timeMs, actor, action, subject, origin, detailJson, previousHash, hash } = event;
  const named = JSON.stringify({
    id,
    time: new Date(timeMs).toISOString(),
    actor,
    action,
    subject,
    origin,
    previous_hash: `\\x${previousHash}`,
    hash: `\\x${hash}`,
  });
  return `${named.slice(0, -1)},"detail":${detailJson}}`;
}
