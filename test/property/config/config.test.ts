import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from '../../../src/config/config.ts';
import { nearestName } from '../../../src/config/nearest-name.ts';
import { SETTINGS, type Setting } from '../../../src/config/settings.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';

const settings: readonly Setting<unknown>[] = Object.values(SETTINGS);

const hostileText = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer().map(String),
  fc.double().map(String),
  fc.constantFrom('', '0', '-0', '1e309', 'NaN', '__proto__', 'https://', 'http://[', '::'),
);

const environments = fc
  .dictionary(fc.constantFrom(...settings.map(({ name }) => name)), hostileText)
  .map((entries) => ({ ...entries }));

test('any text gives a checked configuration or one coded error', () => {
  fc.assert(
    fc.property(environments, (environment) => {
      try {
        const config = loadConfig(environment, {}, 'command');
        for (const [key, setting] of Object.entries(SETTINGS)) {
          const value = config[key as keyof typeof SETTINGS];
          if (typeof setting.default === 'number') assert.ok(Number.isFinite(value), setting.name);
        }
      } catch (error) {
        assert.ok(error instanceof TickerError);
        assert.ok(error.code.startsWith('CONFIG_'), error.code);
      }
    }),
  );
});

test('no error shows any part of a secret longer than a word', () => {
  const secret = fc.string({ minLength: 12, maxLength: 60 }).filter((text) => text.trim() === text);
  fc.assert(
    fc.property(secret, fc.constantFrom('TICKER_API_KEY', 'TICKER_DATABASE_URL'), (text, name) => {
      try {
        loadConfig({ [name]: text });
      } catch (error) {
        assert.ok(!String(error).includes(text));
      }
    }),
  );
});

test('a name with one wrong character leads back to the setting', () => {
  const names = settings.map(({ name }) => name);
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.nat(), (name, at) => {
      const place = 'TICKER_'.length + (at % (name.length - 'TICKER_'.length));
      const typo = `${name.slice(0, place)}%${name.slice(place + 1)}`;
      const nearest = nearestName(typo, names);
      assert.ok(nearest !== undefined);
      // Another name may be as near: TICKER_ENV and such short ones.
      assert.ok(nearest === name || name.length < 14, `${typo} gave ${nearest}`);
    }),
  );
});
