import type { Migration } from './migration.ts';

export const orderJournal: Migration = {
  version: 6,
  name: 'order journal',
  sql: `
create table idempotency_keys (
  key_id text not null,
  key text not null,
  -- epoch µs after which it may be forgotten
  expires_us bigint not null,
  record jsonb not null,
  primary key (key_id, key)
);

create index idempotency_keys_expiry on idempotency_keys (expires_us);

create table trading_states (
  -- * stands for all of them
  account text primary key,
  state text not null check (state in ('ACTIVE', 'REDUCING', 'HALTED')),
  record jsonb not null
);

create table risk_limits (
  scope text not null check (scope in ('all', 'account', 'key')),
  -- account or key id; empty for all
  subject text not null,
  record jsonb not null,
  primary key (scope, subject)
);

-- one row: who writes orders, and how many commits there have been
create table journal_writer (
  only_row boolean primary key default true check (only_row),
  -- random, of one process
  writer text not null,
  -- rises whenever the right to write is taken: what an earlier holder sends is void
  epoch bigint not null,
  -- rises with every commit: what was sent before a later one is void
  position bigint not null
) with (fillfactor = 10);

insert into journal_writer (writer, epoch, position) values ('', 0, 0);
`,
};
