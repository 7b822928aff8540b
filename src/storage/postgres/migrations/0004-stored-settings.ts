import type { Migration } from './migration.ts';

export const storedSettings: Migration = {
  version: 4,
  name: 'stored settings',
  sql: `
create table stored_settings (
  name text primary key,
  ciphertext bytea not null,
  -- key that it was encrypted with
  key_id text not null,
  updated_at timestamptz not null
);
`,
};
