import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { TickerError, type ErrorCode } from '../../../src/domain/error-codes.ts';
import type { SecretContext } from '../../../src/domain/storage.ts';
import { EnvelopeCipher } from '../../../src/secrets/envelope-cipher.ts';
import { redactText } from '../../../src/telemetry/redaction.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';
import { MemoryProvider } from '../../support/secrets/memory-provider.ts';

const CONTEXT: SecretContext = { kind: 'account', id: 'AB1234', field: 'api_secret' };
const SECRET = 'zq8-Wn4-Lk2-Rt6-Yp0';

function rig(): { cipher: EnvelopeCipher; provider: MemoryProvider; clock: ManualClock } {
  const provider = new MemoryProvider();
  const clock = new ManualClock();
  return { cipher: new EnvelopeCipher({ provider, clock, randomBytes }), provider, clock };
}

function withCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof TickerError && error.code === code;
}

test('what was encrypted for a context comes back for it, and nothing of it shows', async () => {
  const { cipher } = rig();
  for (const text of ['', 'x', SECRET, 'ключ \u{1f511} \0\n', '\ufeffmark', 'a'.repeat(65_536)]) {
    const ciphertext = await cipher.encrypt(text, CONTEXT);
    assert.equal(await cipher.decrypt(ciphertext, CONTEXT), text);
    if (text.length > 3) assert.ok(!Buffer.from(ciphertext).includes(text));
  }
});

test('the same secret never gives the same ciphertext', async () => {
  const { cipher } = rig();
  const made = new Set<string>();
  for (let i = 0; i < 50; i++) {
    made.add(Buffer.from(await cipher.encrypt(SECRET, CONTEXT)).toString('hex'));
  }
  assert.equal(made.size, 50);
});

for (const other of [
  { ...CONTEXT, kind: 'setting' },
  { ...CONTEXT, id: 'AB1235' },
  { ...CONTEXT, field: 'access_token' },
  { kind: 'account', id: 'AB1234"', field: 'api_secret' },
  { kind: 'account","AB1234', id: 'api_secret', field: 'x' },
]) {
  test(`a ciphertext cannot be opened as ${JSON.stringify(other)}`, async () => {
    const { cipher } = rig();
    const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
    await cipher.decrypt(ciphertext, CONTEXT);
    await assert.rejects(cipher.decrypt(ciphertext, other), withCode('SECRET_UNREADABLE'));
  });
}

test('a ciphertext says which key it was made with', async () => {
  const { cipher, provider } = rig();
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  assert.equal(cipher.keyIdOf(ciphertext), provider.keyId);
  assert.throws(() => cipher.keyIdOf(new Uint8Array()), withCode('SECRET_UNREADABLE'));
});

test('data keys are asked for once per context, in both directions', async () => {
  const { cipher, provider } = rig();
  const other = { ...CONTEXT, id: 'AB1235' };
  const made = await Promise.all([
    cipher.encrypt(SECRET, CONTEXT),
    cipher.encrypt(SECRET, CONTEXT),
    cipher.encrypt(SECRET, other),
  ]);
  assert.equal(provider.generated, 2);
  await Promise.all(made.slice(0, 2).map((ciphertext) => cipher.decrypt(ciphertext, CONTEXT)));
  assert.equal(provider.unwrapped, 1);
});

test('a withdrawn key is noticed when the data key in the cache has aged', async () => {
  const { cipher, provider, clock } = rig();
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  await cipher.decrypt(ciphertext, CONTEXT);
  provider.failures.push(new TickerError('KEY_SERVICE', 'denied'));
  assert.equal(await cipher.decrypt(ciphertext, CONTEXT), SECRET);
  clock.advance(300_000);
  await assert.rejects(cipher.decrypt(ciphertext, CONTEXT), withCode('KEY_SERVICE'));
});

test('without the key service there is an error, never a plain text', async () => {
  const { cipher, provider } = rig();
  provider.failures.push(new TickerError('KEY_SERVICE', 'down'));
  await assert.rejects(cipher.encrypt(SECRET, CONTEXT), withCode('KEY_SERVICE'));
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  provider.failures.push(new TickerError('KEY_SERVICE', 'down'));
  await assert.rejects(cipher.decrypt(ciphertext, CONTEXT), withCode('KEY_SERVICE'));
});

test('once the current key has been asked for, no data key of an older one is used', async () => {
  const { cipher, provider } = rig();
  await cipher.encrypt(SECRET, CONTEXT);
  provider.keyId = 'memory:2';
  assert.equal(await cipher.currentKeyId(), 'memory:2');
  assert.equal(cipher.keyIdOf(await cipher.encrypt(SECRET, CONTEXT)), 'memory:2');
});

test('data keys are wiped at the end', async () => {
  const { cipher, provider } = rig();
  await cipher.decrypt(await cipher.encrypt(SECRET, CONTEXT), CONTEXT);
  cipher.close();
  assert.equal(provider.given.length, 2);
  for (const key of provider.given) assert.ok(key.every((byte) => byte === 0));
});

test('changing the bytes while the key service is asked changes nothing', async () => {
  const { cipher } = rig();
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  const pending = cipher.decrypt(ciphertext, CONTEXT);
  ciphertext.fill(0);
  assert.equal(await pending, SECRET);
});

for (const [what, text, context] of [
  ['half of a surrogate pair', 'abc\ud800def', CONTEXT],
  ['a secret of more than 64 KiB', 'a'.repeat(65_537), CONTEXT],
  ['an empty part of the context', SECRET, { ...CONTEXT, id: '' }],
  ['an endless part of the context', SECRET, { ...CONTEXT, id: 'x'.repeat(257) }],
  ['a context that is no text', SECRET, { ...CONTEXT, field: '\udc00' }],
] as const) {
  test(`${what} is refused without being repeated`, async () => {
    const { cipher } = rig();
    await assert.rejects(cipher.encrypt(text, context), (error: unknown) => {
      assert.ok(withCode('INVALID_REQUEST')(error));
      return !(error as Error).message.includes(text);
    });
  });
}

test('a secret is kept out of texts from the moment it is encrypted or decrypted', async () => {
  const { cipher } = rig();
  const secret = randomBytes(16).toString('hex');
  assert.equal(redactText(`x ${secret}`), `x ${secret}`);
  await cipher.encrypt(secret, CONTEXT);
  assert.equal(redactText(`x ${secret}`), 'x [redacted]');
});
