import assert from 'node:assert/strict';
import test from 'node:test';
import { createSystemClock } from '../../../../../src/domain/clock.ts';
import { verifyAuditLog } from '../../../../../src/storage/postgres/audit-log.ts';
import { migrate } from '../../../../../src/storage/postgres/migrator.ts';
import { atEnd } from '../../../../support/at-end.ts';
import { openEmbedded, openFolder } from '../../../../support/embedded-rig.ts';
import { sampleEvent, sampleOrder, START_US } from '../../../../support/order-samples.ts';
import { postgresOrderJournal } from '../../../../support/postgres-order-journal.ts';
import { openTestDatabase } from '../../../../support/test-database.ts';

test('a server that is stopped and started again has all that was appended, and takes more', async (t) => {
  const folder = openFolder(t);
  let opened = await openEmbedded(t, folder);
  const clock = createSystemClock();
  const options = { clock, random: Math.random, applicationName: 'test' };
  await migrate({ ...options, url: opened.embedded.url }, 'test');
  const database = openTestDatabase(() => opened.embedded.url);
  atEnd(t, () => database.end());
  const warnings: string[] = [];
  let onWritable: (() => void) | undefined;
  let onBroken: (() => void) | undefined;
  const journal = postgresOrderJournal(t, database, {
    onTrouble: (error) => (error === null ? onWritable : onBroken)?.(),
    onWarning: (detail) => warnings.push(detail),
  });
  await journal.load(START_US, START_US);
  const first = sampleOrder('ord_000000000001');
  const second = sampleOrder('ord_000000000002');
  await journal.append({ orders: [first], events: [sampleEvent(first.id)] });

  const broken = new Promise<void>((resolve) => (onBroken = resolve));
  await opened.embedded.stop();
  await broken;
  const entry = { orders: [second], events: [sampleEvent(second.id)] };
  await assert.rejects(journal.append(entry), { code: 'JOURNAL_UNAVAILABLE' });

  const writable = new Promise<void>((resolve) => (onWritable = resolve));
  opened = await openEmbedded(t, folder);
  await writable;
  await journal.append(entry);
  const { orders } = await journal.load(START_US, START_US);
  assert.deepEqual(orders, [first, second]);
  const { fault, count } = await verifyAuditLog(database);
  assert.deepEqual({ fault, count }, { fault: undefined, count: 2 });
  assert.deepEqual(warnings, []);
});
