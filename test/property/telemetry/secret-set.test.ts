import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SecretSet } from '../../../src/telemetry/secret-set.ts';

/** Few letters, so that secrets overlap, repeat and nearly match. */
const letters = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ minLength, maxLength, unit: fc.constantFrom('a', 'b', '\u00e9') });
const secrets = fc.array(letters(6, 9), { maxLength: 6 });

/** What the set must do, the slow way: one mark for each covered character. */
function slowly(text: string, texts: readonly string[]): string {
  const covered = Array.from({ length: text.length }, () => false);
  for (const secret of texts) {
    for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
      covered.fill(true, at, at + secret.length);
    }
  }
  let clean = '';
  for (let i = 0; i < text.length; i++) {
    if (!covered[i]) clean += text.charAt(i);
    else if (i === 0 || !covered[i - 1]) clean += '*';
  }
  return clean;
}

test('every character that a secret covers goes, and no other', () => {
  fc.assert(
    fc.property(secrets, letters(0, 60), (texts, text) => {
      const set = new SecretSet();
      for (const secret of texts) set.add(secret);
      assert.equal(set.replaceIn(text, '*'), slowly(text, texts));
      assert.equal(
        set.isIn(text),
        texts.some((secret) => text.includes(secret)),
      );
      for (const secret of texts) assert.ok(set.has(secret));
    }),
    { numRuns: 2000 },
  );
});

test('any text is found in the middle of any other', () => {
  const any = fc.string({ unit: 'binary', maxLength: 40 });
  const secret = fc.string({ unit: 'binary', minLength: 6, maxLength: 40 });
  fc.assert(
    fc.property(any, secret, any, (before, text, after) => {
      const set = new SecretSet();
      set.add(text);
      assert.ok(set.isIn(before + text + after));
      assert.ok(!set.replaceIn(before + text + after, '\u0000').includes(text));
    }),
  );
});
