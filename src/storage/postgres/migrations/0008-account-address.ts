import type { Migration } from './migration.ts';

export const accountAddress: Migration = {
  version: 8,
  name: 'account address',
  sql: `
-- null: the system chooses
alter table broker_accounts add column local_address text;
`,
};
