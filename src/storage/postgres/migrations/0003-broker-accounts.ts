import type { Migration } from './migration.ts';

export const brokerAccounts: Migration = {
  version: 3,
  name: 'broker accounts',
  sql: `
create table broker_accounts (
  id text primary key,
  market_data boolean not null,
  trading boolean not null,
  rest_url text not null,
  ws_url text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- counts the changes
  version integer not null
);

create table account_secrets (
  account_id text not null references broker_accounts (id) on delete cascade,
  field text not null,
  ciphertext bytea not null,
  -- key that it was encrypted with
  key_id text not null,
  updated_at timestamptz not null,
  primary key (account_id, field)
);

create function notify_ticker_accounts() returns trigger language plpgsql as $$
begin
  perform pg_notify('ticker_accounts', '');
  return null;
end
$$;

create trigger broker_accounts_news
  after insert or update or delete or truncate
  on broker_accounts for each statement execute function notify_ticker_accounts();

create trigger account_secrets_news
  after insert or update or delete or truncate
  on account_secrets for each statement execute function notify_ticker_accounts();
`,
};
