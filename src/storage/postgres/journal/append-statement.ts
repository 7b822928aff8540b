import type { RecordedAuditEvent } from '../../../domain/storage.ts';
import { AUDIT_LOCK_ID } from '../audit-log.ts';
import type { Sql } from '../database.ts';
import { jsonArray, type JournalRows } from './journal-rows.ts';

/** Where a writer stands: whose turn it is, and how many commits there have been. */
export interface WriterPosition {
  epoch: number;
  position: number;
}

/**
 * Writes a group and its chained events: one statement, one round trip, one commit. The lock comes
 * first, as with everybody who writes events; then the writer's row, on which all else hangs. False: nothing
 * was written, because the writer is not at `at` (any more). A row is only replaced by one of a
 * higher version; one that is there in the same or a higher version stays as it is. Rejects as
 * `Database`; an id of `events` that is taken violates the constraint `audit_events_pkey`.
 */
export async function appendGroup(
  sql: Sql,
  at: WriterPosition,
  group: readonly JournalRows[],
  events: readonly RecordedAuditEvent[],
): Promise<boolean> {
  const written = await sql`
    with locked as materialized (select pg_advisory_xact_lock(${AUDIT_LOCK_ID})), fence as (
      update journal_writer set position = position + 1 from locked
      where epoch = ${at.epoch} and position = ${at.position} returning position
    ), new_orders as (
      insert into orders (id, account, key_id, client_order_id, tag, state, may_change,
        created_us, version, record)
      select r->>'id', r->>'account', r->>'keyId', r->>'clientOrderId', r->>'tag',
        r->>'intentState', (item->'may_change')::boolean, (item->'created_us')::bigint,
        (r->'version')::integer, r
      from fence, jsonb_array_elements(${jsonArray(group, 'orders')}::text::jsonb) as given (item),
        lateral (select item->'record') as part (r)
      on conflict (id) do update set
        client_order_id = excluded.client_order_id, state = excluded.state,
        may_change = excluded.may_change, version = excluded.version, record = excluded.record
      where orders.version < excluded.version
    ), new_operations as (
      insert into order_operations (id, order_id, account, kind, state, created_us, version, record)
      select r->>'id', r->>'orderId', r->>'account', r->>'kind', r->>'intentState',
        (item->'created_us')::bigint, (r->'version')::integer, r
      from fence, jsonb_array_elements(${jsonArray(group, 'operations')}::text::jsonb) as given (item),
        lateral (select item->'record') as part (r)
      on conflict (id) do update set
        state = excluded.state, version = excluded.version, record = excluded.record
      where order_operations.version < excluded.version
    ), new_trades as (
      insert into order_trades (account, broker_order_id, trade_id, order_id, time_us, record)
      select r->>'account', r->>'brokerOrderId', r->>'tradeId', r->>'orderId',
        (item->'time_us')::bigint, r
      from fence, jsonb_array_elements(${jsonArray(group, 'trades')}::text::jsonb) as given (item),
        lateral (select item->'record') as part (r)
      on conflict (account, broker_order_id, trade_id)
        do update set order_id = excluded.order_id, record = excluded.record
      where order_trades.record is distinct from excluded.record
    ), gone_uses as (
      delete from idempotency_keys
      using fence, jsonb_array_elements(${jsonArray(group, 'released')}::text::jsonb) as r
      where key_id = r->>'keyId' and key = r->>'key'
    ), new_uses as (
      insert into idempotency_keys (key_id, key, expires_us, record)
      select r->>'keyId', r->>'key', (item->'expires_us')::bigint, r
      from fence, jsonb_array_elements(${jsonArray(group, 'idempotency')}::text::jsonb) as given (item),
        lateral (select item->'record') as part (r)
      on conflict (key_id, key) do update
        set expires_us = excluded.expires_us, record = excluded.record
    ), new_states as (
      insert into trading_states (account, state, record) select r->>'account', r->>'state', r
      from fence, jsonb_array_elements(${jsonArray(group, 'tradingStates')}::text::jsonb) as r
      on conflict (account) do update set state = excluded.state, record = excluded.record
    ), new_limits as (
      insert into risk_limits (scope, subject, record) select r->>'scope', r->>'subject', r
      from fence, jsonb_array_elements(${jsonArray(group, 'limits')}::text::jsonb) as r
      on conflict (scope, subject) do update set record = excluded.record
    ), new_events as (
      insert into audit_events
        (id, time, actor, action, subject, origin, detail, previous_hash, hash)
      select (e->'id')::bigint, (e->>'time')::timestamptz, e->>'actor', e->>'action',
        e->>'subject', e->>'origin', e->'detail', decode(e->>'previousHash', 'hex'),
        decode(e->>'hash', 'hex')
      from fence, jsonb_array_elements(${eventArray(events)}::text::jsonb) as e
    )
    select position from fence`;
  return written.length === 1;
}

function eventArray(events: readonly RecordedAuditEvent[]): string {
  return JSON.stringify(
    events.map(({ timeMs, ...event }) => ({ ...event, time: new Date(timeMs).toISOString() })),
  );
}
