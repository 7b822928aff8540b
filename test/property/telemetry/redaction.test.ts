import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { redactLine, registerSecret } from '../../../src/telemetry/redaction.ts';

const SECRETS = ['canary-Zx81', 'ca"na\\ry/2', '7719283746', 'ключ-canary'];
for (const secret of SECRETS) registerSecret(secret);

/** Texts with secrets in the middle, as keys and values of any object. */
const text = fc
  .array(fc.oneof(fc.constantFrom(...SECRETS), fc.string({ maxLength: 8 })), { maxLength: 4 })
  .map((parts) => parts.join(' '));
const record = fc.dictionary(
  text,
  fc.oneof(fc.jsonValue(), text, fc.array(text), fc.dictionary(text, text)),
);

test('whatever is logged, the line stays one JSON object without a secret', () => {
  fc.assert(
    fc.property(record, (value) => {
      const line = redactLine(JSON.stringify(value));
      assert.doesNotThrow(() => void JSON.parse(line), line);
      for (const secret of SECRETS) {
        assert.ok(!line.includes(JSON.stringify(secret).slice(1, -1)), line);
      }
    }),
  );
});

test('a line without secrets and names of secrets is left as it is', () => {
  const plain = fc.dictionary(
    fc.stringMatching(/^[a-e]{1,5}$/),
    fc.jsonValue({ noUnicodeString: true }),
  );
  fc.assert(
    fc.property(plain, (value) => {
      const line = JSON.stringify(value);
      fc.pre(
        !/token|key|secret|pass|cookie|auth|bearer|basic|pin|totp|canary|7719283746/i.test(line),
      );
      assert.equal(redactLine(line), line);
    }),
  );
});
