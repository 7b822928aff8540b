import type { Migration } from './migration.ts';

export const auditSubject: Migration = {
  version: 7,
  name: 'audit subject',
  sql: `
create index audit_events_subject on audit_events (subject, id);
`,
};
