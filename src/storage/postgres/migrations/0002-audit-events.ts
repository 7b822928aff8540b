import type { Migration } from './migration.ts';

export const auditEvents: Migration = {
  version: 2,
  name: 'audit events',
  sql: `
create table audit_events (
  -- given by who writes: 1, 2, 3, ... without holes
  id bigint primary key check (id > 0),
  time timestamptz not null,
  actor text not null,
  action text not null,
  subject text not null,
  origin text not null,
  detail jsonb not null,
  previous_hash bytea not null check (octet_length(previous_hash) = 32),
  hash bytea not null check (octet_length(hash) = 32)
);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit_events is append-only' using errcode = 'insufficient_privilege';
end
$$;

create trigger audit_events_append_only
  before update or delete or truncate
  on audit_events for each statement execute function refuse_audit_change();
`,
};
