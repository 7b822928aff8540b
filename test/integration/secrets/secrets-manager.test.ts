import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { type Clock, createSystemClock } from '../../../src/domain/clock.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { CALL_MAX_MS } from '../../../src/secrets/aws-call.ts';
import { SecretsManagerSource } from '../../../src/secrets/secrets-manager-source.ts';
import { type AwsServer, startAwsServer } from '../../support/aws-server/aws-server.ts';
import { ManualClock } from '../../support/client/manual-clock.ts';

const SECRET = 'zq8-Wn4-Lk2-Rt6-Yp0';

async function rig(
  t: TestContext,
  clock: Clock = createSystemClock(),
): Promise<{ server: AwsServer; source: SecretsManagerSource }> {
  const server = await startAwsServer(t);
  const { identity: credentials, region, url } = server;
  const source = new SecretsManagerSource({ clock, region, url, credentials });
  t.after(() => source.close());
  return { server, source };
}

function because(reason: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TickerError);
    assert.equal(error.code, 'SECRET_SOURCE');
    assert.equal(error.detail, reason);
    assert.equal(error.cause, undefined);
    return true;
  };
}

test('a secret by name and by ARN, as text and as bytes', async (t) => {
  const { server, source } = await rig(t);
  const arn = server.secretsManager.put('prod/ticker_1+=.@-', SECRET);
  server.secretsManager.put('bytes', Buffer.from('text as bytes'));
  assert.equal(await source.read('prod/ticker_1+=.@-'), SECRET);
  assert.equal(await source.read(arn), SECRET);
  assert.equal(await source.read('bytes'), 'text as bytes');
});

test('an ARN says the region by itself', async (t) => {
  const server = await startAwsServer(t);
  const arn = server.secretsManager.put('prod/ticker', SECRET);
  const { identity: credentials, url } = server;
  const source = new SecretsManagerSource({ clock: createSystemClock(), url, credentials });
  t.after(() => source.close());
  assert.equal(await source.read(arn), SECRET);
});

test('a field of a JSON secret; the secret is fetched once for all its fields', async (t) => {
  const { server, source } = await rig(t);
  server.secretsManager.put('json', JSON.stringify({ password: SECRET, 'a#b': 'odd name', n: 5 }));
  const [password, odd] = await Promise.all([
    source.read('json#password'),
    source.read('json#a#b'),
  ]);
  assert.equal(password, SECRET);
  assert.equal(odd, 'odd name');
  assert.equal(server.requests.length, 1);
  await assert.rejects(source.read('json#n'), because('the field "n" is no text'));
  await assert.rejects(source.read('json#none'), because('the secret has no field "none"'));
  await assert.rejects(source.read('json#toString'), because('the secret has no field "toString"'));
});

test('what is no JSON object has no field, and is not quoted', async (t) => {
  const { server, source } = await rig(t);
  for (const [index, text] of [SECRET, '"text"', 'null', `{"a":"${SECRET}"`].entries()) {
    server.secretsManager.put(`secret-${index}`, text);
    await assert.rejects(source.read(`secret-${index}#a`), (error: unknown) => {
      assert.ok(error instanceof TickerError && error.code === 'SECRET_SOURCE');
      return !error.detail.includes(SECRET);
    });
  }
});

test('bytes that are no text, and references that are incomplete', async (t) => {
  const { server, source } = await rig(t);
  server.secretsManager.put('bytes', Uint8Array.of(0xff, 0xfe, 0x00));
  await assert.rejects(source.read('bytes'), because('the secret is no text'));
  for (const name of ['', '#field', 'name#']) {
    await assert.rejects(source.read(name), because('the reference is incomplete'));
  }
  assert.equal(server.requests.length, 1);
});

for (const [what, name, attempts] of [
  ['a secret that is not there', 'ResourceNotFoundException', 1],
  ['a denial', 'AccessDeniedException', 1],
  ['throttling that stays', 'ThrottlingException', 3],
] as const) {
  test(`${what} is named`, async (t) => {
    const { server, source } = await rig(t);
    if (attempts > 1 || name === 'AccessDeniedException') {
      server.secretsManager.put('secret', SECRET);
      server.fail({ kind: 'error', name }, 5);
    }
    await assert.rejects(source.read('secret'), because(`GetSecretValue: ${name}`));
    assert.equal(server.requests.length, attempts);
  });
}

for (const kind of ['silence', 'half-answer'] as const) {
  test(`an answer that does not come (${kind}) is not waited for beyond the limit`, async (t) => {
    const clock = new ManualClock();
    const { server, source } = await rig(t, clock);
    server.fail({ kind }, 5);
    const pending = source.read('secret');
    await server.received(1);
    clock.advance(CALL_MAX_MS);
    await assert.rejects(pending, because('GetSecretValue: TimeoutError'));
  });
}

test('garbage in place of an answer is not quoted', async (t) => {
  const { server, source } = await rig(t);
  server.fail({ kind: 'garbage' }, 5);
  await assert.rejects(source.read('secret'), (error: unknown) => {
    assert.ok(error instanceof TickerError && error.code === 'SECRET_SOURCE');
    return !/html|not what/.test(error.message);
  });
});

test('an address that is not safe is refused before anything is sent', () => {
  assert.throws(
    () => new SecretsManagerSource({ clock: createSystemClock(), url: 'http://10.0.0.1' }),
    /CONFIG_INVALID: TICKER_SECRETS_MANAGER_URL must be https/,
  );
});
