import { apiKeys } from './0001-api-keys.ts';
import { auditEvents } from './0002-audit-events.ts';
import { brokerAccounts } from './0003-broker-accounts.ts';
import { storedSettings } from './0004-stored-settings.ts';
import { orders } from './0005-orders.ts';
import { orderJournal } from './0006-order-journal.ts';
import { auditSubject } from './0007-audit-subject.ts';
import { accountAddress } from './0008-account-address.ts';
import { orderColumns } from './0009-order-columns.ts';
import type { Migration } from './migration.ts';

/** Every migration in order; new ones are added at the end. */
export const MIGRATIONS: readonly Migration[] = [
  apiKeys,
  auditEvents,
  brokerAccounts,
  storedSettings,
  orders,
  orderJournal,
  auditSubject,
  accountAddress,
  orderColumns,
];
