import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exchangeCalendar } from '../../../../src/domain/calendar.ts';
import { listContracts } from '../../../../src/feed/sim/contracts.ts';

const FROM = Date.parse('2025-01-01T00:00:00Z');
const TO = Date.parse('2030-12-31T00:00:00Z');

test('at any time and of any size a listing is complete, unambiguous and unexpired', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: FROM, max: TO }),
      fc.integer({ min: 1, max: 10_000 }),
      (nowMs, limit) => {
        const contracts = listContracts(nowMs, limit);
        assert.equal(contracts.length, limit);
        assert.equal(new Set(contracts.map(({ token }) => token)).size, limit);
        assert.equal(new Set(contracts.map(({ tradingsymbol }) => tradingsymbol)).size, limit);
        for (const expiry of new Set(contracts.map((contract) => contract.expiry))) {
          if (expiry !== null) assert.ok(exchangeCalendar.expiryInstant(expiry).epochMs > nowMs);
        }
      },
    ),
    { numRuns: 60 },
  );
});
