import type { JournalState } from '../../../domain/order-journal.ts';
import type { Sql, SqlRow } from '../database.ts';

interface RecordRow<Record> extends SqlRow {
  record: Record;
}

type Item<Kind extends keyof JournalState> = JournalState[Kind][number];

/** Reads what a start needs, in the transaction of `sql`; rejects as `Database`. */
export async function loadJournal(sql: Sql, sinceUs: number, nowUs: number): Promise<JournalState> {
  const since = Math.floor(sinceUs);
  const orders = await sql<RecordRow<Item<'orders'>>>`
    select record from orders
    where id in (
      select id from orders where created_us >= ${since}
      union select id from orders where may_change
    )
    order by created_us, id`;
  const ids = orders.map(({ record }) => record.id);
  const operations = await sql<RecordRow<Item<'operations'>>>`
    select record from order_operations
    where id in (
      select id from order_operations where created_us >= ${since}
      union select id from order_operations where order_id = any(${ids})
    )
    order by created_us, id`;
  const trades = await sql<RecordRow<Item<'trades'>>>`
    select record from (
      select * from order_trades where time_us >= ${since}
      union all
      select * from order_trades where time_us < ${since} and order_id = any(${ids})
    ) as needed
    order by time_us, account, broker_order_id, trade_id`;
  const idempotency = await sql<RecordRow<Item<'idempotency'>>>`
    select record from idempotency_keys where expires_us > ${Math.floor(nowUs)}
    order by key_id, key`;
  const tradingStates = await sql<RecordRow<Item<'tradingStates'>>>`
    select record from trading_states order by account`;
  const limits = await sql<RecordRow<Item<'limits'>>>`
    select record from risk_limits order by scope, subject`;
  return {
    orders: recordsOf(orders),
    operations: recordsOf(operations),
    trades: recordsOf(trades),
    idempotency: recordsOf(idempotency),
    tradingStates: recordsOf(tradingStates),
    limits: recordsOf(limits),
  };
}

function recordsOf<Record>(rows: readonly RecordRow<Record>[]): Record[] {
  return rows.map(({ record }) => record);
}
