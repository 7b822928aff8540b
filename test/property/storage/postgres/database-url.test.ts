import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { parseDatabaseUrl } from '../../../../src/storage/postgres/database-url.ts';

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });

test('every user, password and database survives being encoded into a URL', () => {
  fc.assert(
    fc.property(name, name, name, (user, password, database) => {
      const [u, p, d] = [user, password, database].map(encodeURIComponent);
      const server = parseDatabaseUrl(`postgres://${u}:${p}@localhost/${d}`);
      assert.deepEqual([server.user, server.password, server.database], [user, password, database]);
    }),
  );
});

test('any text is a server or one CONFIG_INVALID that does not repeat it', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((rest) => `postgres://user:canary-password@${rest}`),
    fc.webUrl({ withQueryParameters: true }).map((url) => url.replace(/^https?/, 'postgres')),
  );
  fc.assert(
    fc.property(text, (url) => {
      try {
        const server = parseDatabaseUrl(url);
        assert.ok(server.host && server.user && server.database);
      } catch (error) {
        assert.ok(error instanceof TickerError && error.code === 'CONFIG_INVALID');
        assert.doesNotMatch(error.message, /canary-password/);
      }
    }),
  );
});
