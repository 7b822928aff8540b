import assert from 'node:assert/strict';
import test from 'node:test';
import { INTENT_TRANSITIONS } from '../../src/domain/intent-state.ts';
import { migratedDatabase } from '../support/migrated-database.ts';

test('the database has the transitions of an intent that the service has', async (t) => {
  const { database } = await migratedDatabase(t);
  const rows = await database.sql<{ step: string }>`
    select from_state || ' ' || to_state as step from intent_transitions`;
  const steps = Object.entries(INTENT_TRANSITIONS).flatMap(([from, next]) =>
    next.map((to) => `${from} ${to}`),
  );
  assert.deepEqual(rows.map(({ step }) => step).sort(), steps.sort());
});
