import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { createSystemClock, type Clock } from '../../../src/domain/clock.ts';
import { TickerError, type ErrorCode } from '../../../src/domain/error-codes.ts';
import { CALL_MAX_MS } from '../../../src/secrets/aws-call.ts';
import { EnvelopeCipher } from '../../../src/secrets/envelope-cipher.ts';
import { KmsProvider, type KmsOptions } from '../../../src/secrets/kms-provider.ts';
import { reEncrypt } from '../../../src/secrets/re-encryption.ts';
import { StoredSecrets } from '../../../src/secrets/stored-secrets.ts';
import { type AwsServer, startAwsServer } from '../../support/aws-server/aws-server.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';
import { MemorySettingStore } from '../../support/secrets/memory-setting-store.ts';

const CONTEXT = { kind: 'account', id: 'AB1234', field: 'api_secret' };
const SECRET = 'zq8-Wn4-Lk2-Rt6-Yp0';
const ALIAS = 'alias/ticker';
/** Every encryption and decryption asks the server. */
const NO_CACHE = { ageMaxMs: 0, usesMax: 1, keysMax: 1 };

interface Rig {
  server: AwsServer;
  cipher: EnvelopeCipher;
  /** ARN of the key behind the alias. */
  arn: string;
}

function cipherOf(
  t: TestContext,
  server: AwsServer,
  options: Partial<KmsOptions> & { clock?: Clock } = {},
): EnvelopeCipher {
  const clock = options.clock ?? createSystemClock();
  const provider = new KmsProvider({
    keyId: ALIAS,
    region: server.region,
    url: server.url,
    credentials: server.identity,
    ...options,
    clock,
  });
  const cipher = new EnvelopeCipher({ provider, clock, randomBytes, limits: NO_CACHE });
  t.after(() => cipher.close());
  return cipher;
}

async function rig(t: TestContext, options: Partial<KmsOptions> = {}): Promise<Rig> {
  const server = await startAwsServer(t);
  const arn = server.kms.createKey(ALIAS);
  return { server, cipher: cipherOf(t, server, options), arn };
}

/** The error has this code, names the operation and `name`, and holds nothing secret. */
function refused(code: ErrorCode, operation: string, name: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TickerError);
    assert.equal(error.code, code);
    assert.equal(error.detail, `AWS KMS ${operation}: ${name}`);
    assert.equal(error.cause, undefined);
    return true;
  };
}

test('a secret goes round, by alias, id and ARN, and the ARN is what is recorded', async (t) => {
  const { server, cipher, arn } = await rig(t);
  const aliasArn = arn.replace(/key\/.*/, ALIAS);
  const id = arn.replace(/.*key\//, '');
  for (const keyId of [ALIAS, aliasArn, id, arn]) {
    const other = cipherOf(t, server, { keyId });
    const ciphertext = await other.encrypt(SECRET, CONTEXT);
    assert.equal(await other.currentKeyId(), arn);
    assert.equal(other.keyIdOf(ciphertext), arn);
    assert.equal(await cipher.decrypt(ciphertext, CONTEXT), SECRET);
  }
  const [generate] = server.requests;
  assert.equal(generate?.operation, 'GenerateDataKey');
  assert.deepEqual(generate.fields['EncryptionContext'], { service: 'ticker', ...CONTEXT });
  const decrypt = server.requests.find(({ operation }) => operation === 'Decrypt');
  assert.equal(decrypt?.fields['KeyId'], arn);
  assert.deepEqual(decrypt.fields['EncryptionContext'], { service: 'ticker', ...CONTEXT });
});

test('the region is found in an ARN', async (t) => {
  const server = await startAwsServer(t);
  const arn = server.kms.createKey();
  const cipher = cipherOf(t, server, { keyId: arn, region: undefined });
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  assert.equal(await cipher.decrypt(ciphertext, CONTEXT), SECRET);
});

test('KMS itself refuses a data key for another context', async (t) => {
  const { cipher } = await rig(t);
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  await assert.rejects(
    cipher.decrypt(ciphertext, { ...CONTEXT, id: 'AB1235' }),
    refused('SECRET_UNREADABLE', 'Decrypt', 'InvalidCiphertextException'),
  );
});

test('no changed byte goes through, whatever part of the ciphertext it is in', async (t) => {
  const { cipher } = await rig(t);
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  for (let i = 0; i < ciphertext.length; i++) {
    const changed = Uint8Array.from(ciphertext);
    changed[i]! ^= 1;
    await assert.rejects(
      cipher.decrypt(changed, CONTEXT),
      (error: unknown) => error instanceof TickerError && error.code === 'SECRET_UNREADABLE',
      `byte ${i}`,
    );
  }
  assert.equal(await cipher.decrypt(ciphertext, CONTEXT), SECRET);
});

test('a ciphertext cannot claim to be of another key', async (t) => {
  const { server, cipher, arn } = await rig(t);
  const other = server.kms.createKey();
  const ciphertext = Buffer.from(await cipher.encrypt(SECRET, CONTEXT));
  ciphertext.write(other, ciphertext.indexOf(arn), 'latin1');
  assert.equal(cipher.keyIdOf(ciphertext), other);
  await assert.rejects(
    cipher.decrypt(ciphertext, CONTEXT),
    refused('SECRET_UNREADABLE', 'Decrypt', 'IncorrectKeyException'),
  );
});

test('throttling is waited out by the SDK, within bounds', async (t) => {
  const { server, cipher } = await rig(t);
  server.fail({ kind: 'error', name: 'ThrottlingException' }, 2);
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  assert.equal(server.requests.length, 3);
  server.fail({ kind: 'error', name: 'ThrottlingException' }, 10);
  await assert.rejects(
    cipher.decrypt(ciphertext, CONTEXT),
    refused('KEY_SERVICE', 'Decrypt', 'ThrottlingException'),
  );
  assert.equal(server.requests.length, 6);
});

test('an internal error of KMS is tried again, and told when it stays', async (t) => {
  const { server, cipher } = await rig(t);
  server.fail({ kind: 'error', name: 'KMSInternalException', status: 500 });
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  assert.equal(await cipher.decrypt(ciphertext, CONTEXT), SECRET);
  server.fail({ kind: 'error', name: 'KMSInternalException', status: 500 }, 3);
  await assert.rejects(
    cipher.encrypt(SECRET, CONTEXT),
    refused('KEY_SERVICE', 'GenerateDataKey', 'KMSInternalException'),
  );
});

test('a denial is told at once, with its name and without its text', async (t) => {
  const { server, cipher } = await rig(t);
  const fault = {
    kind: 'error',
    name: 'AccessDeniedException',
    message: 'User: arn:aws:iam::111122223333:user/canary is not authorized',
  } as const;
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  for (const [operation, call] of [
    ['GenerateDataKey', () => cipher.encrypt(SECRET, CONTEXT)],
    ['Decrypt', () => cipher.decrypt(ciphertext, CONTEXT)],
    ['DescribeKey', () => cipher.currentKeyId()],
  ] as const) {
    const before = server.requests.length;
    server.fail(fault);
    await assert.rejects(call(), refused('KEY_SERVICE', operation, 'AccessDeniedException'));
    assert.equal(server.requests.length, before + 1);
  }
});

test('a disabled key refuses until it is enabled again', async (t) => {
  const { server, cipher, arn } = await rig(t);
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  server.kms.setEnabled(arn, false);
  await assert.rejects(
    cipher.decrypt(ciphertext, CONTEXT),
    refused('KEY_SERVICE', 'Decrypt', 'DisabledException'),
  );
  server.kms.setEnabled(arn, true);
  assert.equal(await cipher.decrypt(ciphertext, CONTEXT), SECRET);
});

test('a key that is not there', async (t) => {
  const { server } = await rig(t);
  const cipher = cipherOf(t, server, { keyId: 'alias/nowhere' });
  await assert.rejects(
    cipher.encrypt(SECRET, CONTEXT),
    refused('KEY_SERVICE', 'GenerateDataKey', 'NotFoundException'),
  );
});

for (const kind of ['silence', 'half-answer'] as const) {
  test(`an answer that does not come (${kind}) is not waited for beyond the limit`, async (t) => {
    const clock = new ManualClock();
    const { server, cipher } = await rig(t, { clock });
    server.fail({ kind }, 10);
    const pending = cipher.encrypt(SECRET, CONTEXT);
    await server.received(1);
    clock.advance(CALL_MAX_MS);
    await assert.rejects(pending, refused('KEY_SERVICE', 'GenerateDataKey', 'TimeoutError'));
  });
}

test('nobody at the address', async (t) => {
  const server = await startAwsServer(t);
  const { url } = server;
  const gone = await startAwsServer({ after: () => undefined });
  const goneUrl = gone.url;
  await gone.close();
  assert.notEqual(url, goneUrl);
  await assert.rejects(
    cipherOf(t, server, { url: goneUrl }).encrypt(SECRET, CONTEXT),
    refused('KEY_SERVICE', 'GenerateDataKey', 'ECONNREFUSED'),
  );
});

test('garbage in place of an answer is an error that does not quote it', async (t) => {
  const { server, cipher } = await rig(t);
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  server.fail({ kind: 'garbage' }, 6);
  for (const call of [cipher.encrypt(SECRET, CONTEXT), cipher.decrypt(ciphertext, CONTEXT)]) {
    await assert.rejects(call, (error: unknown) => {
      assert.ok(error instanceof TickerError && error.code === 'KEY_SERVICE');
      return !/html|not what/.test(error.message);
    });
  }
});

test('an answer that does not fit the question is refused', async (t) => {
  const { server, cipher, arn } = await rig(t);
  const ciphertext = await cipher.encrypt(SECRET, CONTEXT);
  const key = randomBytes(32).toString('base64');
  const blob = randomBytes(100).toString('base64');
  const told = 'answered something unexpected';
  for (const fields of [
    {},
    { KeyId: arn, Plaintext: key },
    { KeyId: arn, CiphertextBlob: blob },
    { Plaintext: key, CiphertextBlob: blob },
    { KeyId: 'alias/ticker', Plaintext: key, CiphertextBlob: blob },
    { KeyId: arn, Plaintext: randomBytes(16).toString('base64'), CiphertextBlob: blob },
  ]) {
    server.fail({ kind: 'answer', fields });
    await assert.rejects(
      cipher.encrypt(SECRET, CONTEXT),
      refused('KEY_SERVICE', 'GenerateDataKey', told),
    );
  }
  for (const fields of [
    {},
    { Plaintext: key },
    { KeyId: `${arn}x`, Plaintext: key },
    { KeyId: arn, Plaintext: randomBytes(31).toString('base64') },
  ]) {
    server.fail({ kind: 'answer', fields });
    await assert.rejects(
      cipher.decrypt(ciphertext, CONTEXT),
      refused('KEY_SERVICE', 'Decrypt', told),
    );
  }
  server.fail({ kind: 'answer', fields: { KeyId: arn, Plaintext: key } });
  await assert.rejects(
    cipher.decrypt(ciphertext, CONTEXT),
    (error: unknown) => error instanceof TickerError && error.code === 'SECRET_UNREADABLE',
  );
});

test('requests are signed: another secret key is refused', async (t) => {
  const { server } = await rig(t);
  for (const [credentials, name] of [
    [{ ...server.identity, secretAccessKey: 'another one' }, 'InvalidSignatureException'],
    [{ ...server.identity, accessKeyId: 'AKIAANOTHER' }, 'UnrecognizedClientException'],
  ] as const) {
    await assert.rejects(
      cipherOf(t, server, { credentials }).encrypt(SECRET, CONTEXT),
      refused('KEY_SERVICE', 'GenerateDataKey', name),
    );
  }
  assert.equal(server.requests.length, 0);
});

test('an alias that moves is a rotation: everything is made anew under the new key', async (t) => {
  const { server, cipher, arn } = await rig(t);
  const store = new MemorySettingStore();
  const secrets = new StoredSecrets(store, cipher, new ManualClock());
  for (const name of ['one', 'two', 'three'])
    await secrets.set(name, `text of ${name}`, { actor: 'test', origin: 'here' });
  assert.equal((await reEncrypt(store, cipher)).done, 0);
  const newArn = server.kms.createKey(ALIAS);
  assert.notEqual(newArn, arn);
  assert.deepEqual(await reEncrypt(store, cipher), {
    keyId: newArn,
    done: 3,
    skipped: 0,
    failed: [],
  });
  // The old key is not needed any more.
  server.kms.setEnabled(arn, false);
  assert.equal(await secrets.read('two'), 'text of two');
  for (const { keyId } of await secrets.list()) assert.equal(keyId, newArn);
});

test('many secrets at once need as many requests, not more', async (t) => {
  const server = await startAwsServer(t);
  server.kms.createKey(ALIAS);
  const clock = createSystemClock();
  const { identity: credentials, region, url } = server;
  const provider = new KmsProvider({ keyId: ALIAS, region, url, credentials, clock });
  const cipher = new EnvelopeCipher({ provider, clock, randomBytes });
  t.after(() => cipher.close());
  const contexts = Array.from({ length: 20 }, (_, i) => ({ ...CONTEXT, id: `AB${i % 10}` }));
  const made = await Promise.all(contexts.map((context) => cipher.encrypt(SECRET, context)));
  assert.equal(server.requests.length, 10);
  const texts = await Promise.all(made.map((bytes, i) => cipher.decrypt(bytes, contexts[i]!)));
  assert.ok(texts.every((text) => text === SECRET));
  assert.equal(server.requests.length, 20);
});
