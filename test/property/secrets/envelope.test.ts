import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { TickerError } from '../../../src/domain/error-codes.ts';
import {
  contextText,
  encryptionContext,
  type EncryptionContext,
} from '../../../src/secrets/encryption-context.ts';
import { openEnvelope, parseEnvelope, sealEnvelope } from '../../../src/secrets/envelope.ts';

const KEY = randomBytes(32);

const part = fc.string({ minLength: 1, maxLength: 24, unit: 'binary' });
const context = fc
  .record({ kind: part, id: part, field: part })
  .map((parts) => encryptionContext(parts));
const sealed = fc.record({
  keyId: fc.stringMatching(/^[!-~]{1,80}$/),
  wrappedKey: fc.uint8Array({ minLength: 1, maxLength: 200 }),
  secret: fc.uint8Array({ maxLength: 200 }),
  context,
});

interface Sealed {
  keyId: string;
  wrappedKey: Uint8Array;
  secret: Uint8Array;
  context: EncryptionContext;
}

function seal({ keyId, wrappedKey, secret, context: bound }: Sealed): Uint8Array {
  return sealEnvelope({ keyId, wrappedKey, nonce: randomBytes(12) }, KEY, secret, bound);
}

function refused(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch (error) {
    if (error instanceof TickerError && error.code === 'SECRET_UNREADABLE') return true;
    throw error;
  }
}

const open = (bytes: Uint8Array, bound: EncryptionContext): Uint8Array =>
  openEnvelope(parseEnvelope(bytes), KEY, bound);

test('every part comes back as it went in', () => {
  fc.assert(
    fc.property(sealed, (values) => {
      const bytes = seal(values);
      const envelope = parseEnvelope(bytes);
      assert.equal(envelope.keyId, values.keyId);
      assert.deepEqual(Uint8Array.from(envelope.wrappedKey), values.wrappedKey);
      assert.deepEqual(Uint8Array.from(open(bytes, values.context)), values.secret);
    }),
  );
});

test('every flipped bit is refused', () => {
  fc.assert(
    fc.property(sealed, (values) => {
      const bytes = seal(values);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = bytes.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        assert.ok(
          refused(() => open(changed, values.context)),
          `bit ${bit}`,
        );
      }
    }),
    { numRuns: 20 },
  );
});

test('every truncation and every extension is refused', () => {
  fc.assert(
    fc.property(sealed, fc.uint8Array({ minLength: 1, maxLength: 40 }), (values, more) => {
      const bytes = seal(values);
      for (let length = 0; length < bytes.length; length++) {
        assert.ok(
          refused(() => open(bytes.subarray(0, length), values.context)),
          `${length}`,
        );
      }
      assert.ok(refused(() => open(Buffer.concat([bytes, more]), values.context)));
      assert.ok(refused(() => open(Buffer.concat([more, bytes]), values.context)));
    }),
    { numRuns: 20 },
  );
});

test('what was sealed for one context is refused for every other', () => {
  fc.assert(
    fc.property(sealed, context, (values, other) => {
      fc.pre(contextText(values.context) !== contextText(other));
      assert.ok(refused(() => open(seal(values), other)));
    }),
  );
});

test('contexts that differ have texts that differ', () => {
  fc.assert(
    fc.property(context, context, (one, other) => {
      const equal = one.kind === other.kind && one.id === other.id && one.field === other.field;
      assert.equal(contextText(one) === contextText(other), equal);
    }),
  );
});

test('another key is refused', () => {
  fc.assert(
    fc.property(sealed, fc.uint8Array({ minLength: 32, maxLength: 32 }), (values, key) => {
      fc.pre(!KEY.equals(key));
      assert.ok(refused(() => openEnvelope(parseEnvelope(seal(values)), key, values.context)));
    }),
  );
});

test('bytes from anywhere are parsed or refused, and read nothing beyond their end', () => {
  const magic = Buffer.from('TKS\x01', 'latin1');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (tail, known) => {
      const bytes = known ? Buffer.concat([magic, tail]) : tail;
      // In the middle of more memory, as a row of a database driver is.
      const around = new Uint8Array(bytes.length + 64).fill(0x41);
      around.set(bytes, 32);
      const view = around.subarray(32, 32 + bytes.length);
      let total = 0;
      if (refused(() => (total = parseEnvelope(view).header.length))) return;
      const { header, tag, ciphertext } = parseEnvelope(view);
      assert.equal(total + tag.length + ciphertext.length, bytes.length);
      assert.deepEqual(Buffer.concat([header, tag, ciphertext]), Buffer.from(bytes));
    }),
    { numRuns: 2000 },
  );
});
