import type { Migration } from './migration.ts';

/**
 * What an append costs the server: a type is checked for less than a list of words in a CHECK,
 * records are kept as the text that they came as, and no index stands in the way of an update in
 * the same page, as one whose condition names the state would.
 */
export const orderColumns: Migration = {
  version: 9,
  name: 'order columns',
  sql: `
create type intent_state as enum ('INTENT', 'SENT', 'ACCEPTED', 'REJECTED', 'UNKNOWN',
  'RESOLVED_PRESENT', 'RESOLVED_ABSENT', 'ESCALATED');

drop index orders_tag;
alter table orders drop constraint orders_state_check, drop constraint orders_check;
alter table orders
  alter column state type intent_state using state::intent_state,
  alter column record type json using record::json,
  -- the first version stands at the beginning of a life
  add constraint orders_first_state
    check (version > 1 or state is null or state in ('INTENT', 'SENT', 'REJECTED'));
create unique index orders_tag on orders (tag) where key_id is not null;

alter table order_operations drop constraint order_operations_state_check;
alter table order_operations
  alter column state type intent_state using state::intent_state,
  alter column record type json using record::json;

alter table order_trades alter column record type json using record::json;
alter table idempotency_keys alter column record type json using record::json;
alter table trading_states alter column record type json using record::json;
alter table risk_limits alter column record type json using record::json;

create or replace function check_intent_step() returns trigger language plpgsql as $$
begin
  if new.version <= old.version then
    raise exception '% of version % is not replaced by version %', old.id, old.version, new.version
      using errcode = 'check_violation';
  end if;
  if new.state is not distinct from old.state then return new; end if;
  perform from intent_transitions
    where from_state = old.state::text and to_state = new.state::text;
  if found then return new; end if;
  -- versions in between need not have been kept, but must have been possible
  perform from (
    with recursive steps (state, count) as (
      select old.state::text, 0
      union
      select to_state, count + 1
      from steps join intent_transitions on from_state = state
      where count < least(new.version - old.version, 8)
    )
    select from steps where state = new.state::text
  ) as way;
  if found then return new; end if;
  raise exception '%: % to % is no legal step', old.id, old.state, new.state
    using errcode = 'check_violation';
end
$$;
`,
};
