import type { Migration } from './migration.ts';

export const apiKeys: Migration = {
  version: 1,
  name: 'api keys',
  sql: `
create table api_keys (
  id text primary key,
  -- SHA-256 of the key's text, which is kept nowhere
  hash bytea not null unique check (octet_length(hash) = 32),
  label text not null,
  scopes text[] not null,
  -- null: every account
  accounts text[],
  limits jsonb not null,
  created_at timestamptz not null,
  created_by text not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  replaces text references api_keys (id)
);

create function notify_ticker_keys() returns trigger language plpgsql as $$
begin
  perform pg_notify('ticker_keys', '');
  return null;
end
$$;

-- that a key was used is no news
create trigger api_keys_news
  after insert or delete or truncate
  or update of hash, scopes, accounts, limits, expires_at, revoked_at
  on api_keys for each statement execute function notify_ticker_keys();
`,
};
