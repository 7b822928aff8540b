import type { Migration } from './migration.ts';

export const orders: Migration = {
  version: 5,
  name: 'orders',
  sql: `
-- every legal step of an intent, as domain/intent-state.ts has them
create table intent_transitions (
  from_state text not null,
  to_state text not null,
  primary key (from_state, to_state)
);

insert into intent_transitions values
  ('INTENT', 'SENT'),
  ('INTENT', 'REJECTED'),
  ('SENT', 'ACCEPTED'),
  ('SENT', 'REJECTED'),
  ('SENT', 'UNKNOWN'),
  ('REJECTED', 'RESOLVED_PRESENT'),
  ('UNKNOWN', 'RESOLVED_PRESENT'),
  ('UNKNOWN', 'RESOLVED_ABSENT'),
  ('UNKNOWN', 'ESCALATED'),
  ('RESOLVED_ABSENT', 'RESOLVED_PRESENT'),
  ('ESCALATED', 'RESOLVED_PRESENT'),
  ('ESCALATED', 'RESOLVED_ABSENT');

create table orders (
  id text primary key,
  account text not null,
  key_id text,
  client_order_id text,
  tag text not null,
  -- null: an order from outside has no intent
  state text check (state in ('INTENT', 'SENT', 'ACCEPTED', 'REJECTED', 'UNKNOWN',
    'RESOLVED_PRESENT', 'RESOLVED_ABSENT', 'ESCALATED')),
  -- true: the intent or an order of the broker that came of it may still change
  may_change boolean not null,
  -- epoch µs
  created_us bigint not null,
  version integer not null check (version >= 1),
  record jsonb not null,
  -- the first version stands at the beginning of a life
  check (version > 1 or state is null or state in ('INTENT', 'SENT', 'REJECTED'))
) with (fillfactor = 80);

create unique index orders_client_order_id on orders (account, client_order_id)
  where client_order_id is not null;
create unique index orders_tag on orders (tag) where state is not null;
create index orders_created on orders (created_us);
create index orders_may_change on orders (id) where may_change;

create table order_operations (
  id text primary key,
  order_id text not null,
  account text not null,
  kind text not null check (kind in ('modify', 'cancel')),
  state text not null check (state in ('INTENT', 'SENT', 'ACCEPTED', 'REJECTED', 'UNKNOWN',
    'RESOLVED_PRESENT', 'RESOLVED_ABSENT', 'ESCALATED')),
  created_us bigint not null,
  version integer not null check (version >= 1),
  record jsonb not null
) with (fillfactor = 80);

create index order_operations_order on order_operations (order_id);
create index order_operations_created on order_operations (created_us);

create function check_intent_step() returns trigger language plpgsql as $$
begin
  if new.version <= old.version then
    raise exception '% of version % is not replaced by version %', old.id, old.version, new.version
      using errcode = 'check_violation';
  end if;
  if new.state is not distinct from old.state then return new; end if;
  perform from intent_transitions where from_state = old.state and to_state = new.state;
  if found then return new; end if;
  -- versions in between need not have been kept, but must have been possible
  perform from (
    with recursive steps (state, count) as (
      select old.state, 0
      union
      select to_state, count + 1
      from steps join intent_transitions on from_state = state
      where count < least(new.version - old.version, 8)
    )
    select from steps where state = new.state
  ) as way;
  if found then return new; end if;
  raise exception '%: % to % is no legal step', old.id, old.state, new.state
    using errcode = 'check_violation';
end
$$;

create trigger orders_steps before update on orders
  for each row execute function check_intent_step();

create trigger order_operations_steps before update on order_operations
  for each row execute function check_intent_step();

create table order_trades (
  account text not null,
  broker_order_id text not null,
  trade_id text not null,
  order_id text,
  -- epoch µs; of the fill, or of when it was written
  time_us bigint not null,
  record jsonb not null,
  primary key (account, broker_order_id, trade_id)
);

create index order_trades_order on order_trades (order_id);
create index order_trades_time on order_trades (time_us);
`,
};
