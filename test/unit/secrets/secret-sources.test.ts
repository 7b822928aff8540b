import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { TickerError, type ErrorCode } from '../../../src/domain/error-codes.ts';
import { EnvelopeCipher } from '../../../src/secrets/envelope-cipher.ts';
import { resolveSecretReferences, type SecretSource } from '../../../src/secrets/secret-sources.ts';
import { StoredSecrets } from '../../../src/secrets/stored-secrets.ts';
import { redactText } from '../../../src/telemetry/redaction.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';
import { MemoryProvider } from '../../support/secrets/memory-provider.ts';
import { MemorySettingStore } from '../../support/secrets/memory-setting-store.ts';

const AUTHOR = { actor: 'cli:ops', origin: 'host' };
const NAMES = ['TICKER_API_KEY', 'TICKER_DATABASE_URL', 'TICKER_REDIS_URL'];

function source(texts: Record<string, string>, scheme: SecretSource['scheme']): SecretSource {
  return {
    scheme,
    read: async (name) => {
      const text = texts[name];
      if (text === undefined) throw new TickerError('SECRET_SOURCE', `no ${name}`);
      return text;
    },
  };
}

async function errorOf(environment: Record<string, string>, sources: SecretSource[]) {
  try {
    await resolveSecretReferences(environment, sources, NAMES);
  } catch (error) {
    assert.ok(error instanceof TickerError);
    return error;
  }
  return assert.fail('everything was resolved');
}

test('references give way to texts; everything else stays as it is', async () => {
  const environment = {
    PATH: '/bin',
    TICKER_API_KEY: 'aws-secrets-manager:prod/ticker#api_key',
    TICKER_DATABASE_URL: 'encrypted-store:database',
    TICKER_REDIS_URL: 'redis://127.0.0.1',
    TICKER_KMS_KEY_ID: 'encrypted-store:not-a-secret-setting',
  };
  const resolved = await resolveSecretReferences(
    environment,
    [
      source({ 'prod/ticker#api_key': 'the text of the key\n' }, 'aws-secrets-manager'),
      source({ database: 'postgres://u:the-pass-word@h/d' }, 'encrypted-store'),
    ],
    NAMES,
  );
  assert.deepEqual(resolved, {
    ...environment,
    TICKER_API_KEY: 'the text of the key',
    TICKER_DATABASE_URL: 'postgres://u:the-pass-word@h/d',
  });
});

test('a text is kept out of logs and errors from its arrival on', async () => {
  const secret = randomBytes(20).toString('base64url');
  await resolveSecretReferences(
    { TICKER_API_KEY: 'encrypted-store:key' },
    [source({ key: secret }, 'encrypted-store')],
    NAMES,
  );
  assert.equal(redactText(`got ${secret}.`), 'got [redacted].');
});

test('every setting that cannot be resolved is named with its source and the reason', async () => {
  const { code, detail } = await errorOf(
    {
      TICKER_API_KEY: 'encrypted-store:missing',
      TICKER_DATABASE_URL: 'aws-secrets-manager:x',
      TICKER_REDIS_URL: 'encrypted-store:short',
    },
    [source({ short: 'abcde' }, 'encrypted-store')],
  );
  assert.equal(code, 'SECRET_SOURCE');
  assert.match(detail, /TICKER_API_KEY, from encrypted-store: no missing/);
  assert.match(detail, /TICKER_DATABASE_URL, from aws-secrets-manager: cannot be used here/);
  assert.match(detail, /TICKER_REDIS_URL, from encrypted-store: a secret has at least 6 char/);
  assert.ok(!detail.includes('abcde'));
});

test('the code of a failure below is told', async () => {
  const failing: SecretSource = {
    scheme: 'encrypted-store',
    read: () => Promise.reject(new TickerError('DATABASE_UNAVAILABLE', 'connection refused')),
  };
  const { detail } = await errorOf({ TICKER_API_KEY: 'encrypted-store:key' }, [failing]);
  assert.match(detail, /DATABASE_UNAVAILABLE: connection refused/);
});

function storedSecrets(): { secrets: StoredSecrets; store: MemorySettingStore } {
  const provider = new MemoryProvider();
  const clock = new ManualClock();
  const cipher = new EnvelopeCipher({ provider, clock, randomBytes });
  const store = new MemorySettingStore();
  return { secrets: new StoredSecrets(store, cipher, clock), store };
}

test('stored secrets: set, read, replace, list without texts, remove', async () => {
  const { secrets, store } = storedSecrets();
  await secrets.set('redis', 'first text', AUTHOR);
  await secrets.set('api-key', 'another text', AUTHOR);
  await secrets.set('redis', 'second text', AUTHOR);
  assert.equal(await secrets.read('redis'), 'second text');
  const listed = await secrets.list();
  assert.deepEqual(
    listed.map(({ name, keyId }) => [name, keyId]),
    [
      ['api-key', 'memory:1'],
      ['redis', 'memory:1'],
    ],
  );
  for (const { ciphertext } of store.rows.values()) {
    assert.ok(!Buffer.from(ciphertext).includes('text'));
  }
  await secrets.remove('redis', AUTHOR);
  await assert.rejects(secrets.remove('redis', AUTHOR), hasCode('SECRET_SOURCE'));
  assert.deepEqual(
    store.events.map(({ actor, action, subject }) => [actor, action, subject]),
    [
      ['cli:ops', 'secret.stored', 'redis'],
      ['cli:ops', 'secret.stored', 'api-key'],
      ['cli:ops', 'secret.stored', 'redis'],
      ['cli:ops', 'secret.removed', 'redis'],
    ],
  );
  assert.doesNotMatch(JSON.stringify(store.events), /text/);
});

test('a stored secret cannot be passed off as another', async () => {
  const { secrets, store } = storedSecrets();
  await secrets.set('one', 'first text', AUTHOR);
  const row = store.rows.get('one');
  assert.ok(row);
  store.rows.set('other', row);
  await assert.rejects(secrets.read('other'), hasCode('SECRET_UNREADABLE'));
});

test('a name that is none is refused, one that is not there is named', async () => {
  const { secrets } = storedSecrets();
  for (const name of ['', '.x', 'a b', 'a/b', 'x'.repeat(65), 'é']) {
    await assert.rejects(secrets.set(name, 'some text', AUTHOR), hasCode('INVALID_REQUEST'));
    await assert.rejects(secrets.read(name), hasCode('INVALID_REQUEST'));
  }
  await assert.rejects(secrets.read('nothing'), hasCode('SECRET_SOURCE'));
});

function hasCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof TickerError && error.code === code;
}
