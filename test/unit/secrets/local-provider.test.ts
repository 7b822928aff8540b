import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TickerError, type ErrorCode } from '../../../src/domain/error-codes.ts';
import { encryptionContext } from '../../../src/secrets/encryption-context.ts';
import { LocalProvider } from '../../../src/secrets/local-provider.ts';
import { temporaryFolder } from '../../support/ticker-process.ts';

const CONTEXT = encryptionContext({ kind: 'account', id: 'AB1234', field: 'api_secret' });

function folderOf(t: TestContext): string {
  return join(temporaryFolder(t), 'data');
}

function provider(dataDirectory: string, warned: string[] = []): LocalProvider {
  const warn = (message: string): void => void warned.push(message);
  return new LocalProvider({ dataDirectory, randomBytes, warn });
}

function withCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof TickerError && error.code === code;
}

test('the master key is made once, for its owner alone, and said to protect little', (t) => {
  const folder = folderOf(t);
  const warned: string[] = [];
  provider(folder, warned);
  const path = join(folder, 'local-master-key');
  const text = readFileSync(path, 'utf8');
  assert.equal(Buffer.from(text.trim(), 'base64url').length, 32);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(folder), ['local-master-key']);
  assert.equal(warned.length, 1);
  assert.match(warned[0] ?? '', /local-master-key: whoever can read that folder can read them/);
  assert.ok(!warned[0]?.includes(text.trim()));
  provider(folder);
  assert.equal(readFileSync(path, 'utf8'), text);
});

test('a data key comes back for its context, in another run too', async (t) => {
  const folder = folderOf(t);
  const made = await provider(folder).generate(CONTEXT);
  assert.equal(made.plaintext.length, 32);
  assert.ok(!Buffer.from(made.wrapped).includes(Buffer.from(made.plaintext)));
  const again = provider(folder);
  assert.equal(await again.currentKeyId(), made.keyId);
  const key = await again.unwrap(made.wrapped, made.keyId, CONTEXT);
  assert.deepEqual(Uint8Array.from(key), made.plaintext);
});

test('another context, changed bytes and cut bytes are refused', async (t) => {
  const local = provider(folderOf(t));
  const { wrapped, keyId } = await local.generate(CONTEXT);
  const other = { ...CONTEXT, field: 'access_token' };
  await assert.rejects(local.unwrap(wrapped, keyId, other), withCode('SECRET_UNREADABLE'));
  for (let bit = 0; bit < wrapped.length * 8; bit++) {
    const changed = Uint8Array.from(wrapped);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    await assert.rejects(local.unwrap(changed, keyId, CONTEXT), withCode('SECRET_UNREADABLE'));
  }
  for (let length = 0; length < wrapped.length; length++) {
    const cut = wrapped.subarray(0, length);
    await assert.rejects(local.unwrap(cut, keyId, CONTEXT), withCode('SECRET_UNREADABLE'));
  }
});

test('what another master key encrypted is refused with the names of both', async (t) => {
  const { wrapped, keyId } = await provider(folderOf(t)).generate(CONTEXT);
  const other = provider(folderOf(t));
  const otherId = await other.currentKeyId();
  assert.notEqual(keyId, otherId);
  await assert.rejects(other.unwrap(wrapped, keyId, CONTEXT), (error: unknown) => {
    assert.ok(error instanceof TickerError);
    return error.detail.includes(keyId) && error.detail.includes(otherId);
  });
  // Not even under the name of the key that is there.
  await assert.rejects(other.unwrap(wrapped, otherId, CONTEXT), withCode('SECRET_UNREADABLE'));
});

test('a file that others can read is refused, and left as it is', (t) => {
  const folder = folderOf(t);
  provider(folder);
  const path = join(folder, 'local-master-key');
  for (const mode of [0o604, 0o640, 0o644]) {
    chmodSync(path, mode);
    assert.throws(() => provider(folder), withCode('DATA_DIR'));
    assert.equal(statSync(path).mode & 0o777, mode);
  }
  chmodSync(path, 0o600);
  provider(folder);
});

for (const content of ['', 'short', `${'A'.repeat(42)}!`, randomBytes(48).toString('base64url')]) {
  test(`a file that holds no key is refused (${content.length} characters)`, (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'local-master-key');
    writeFileSync(path, content, { mode: 0o600 });
    assert.throws(
      () => provider(folder),
      (error: unknown) =>
        withCode('DATA_DIR')(error) &&
        (content === '' || !(error as Error).message.includes(content)),
    );
    assert.equal(readFileSync(path, 'utf8'), content);
  });
}

test('a folder that cannot be made is named', (t) => {
  const file = join(temporaryFolder(t), 'file');
  writeFileSync(file, '');
  assert.throws(() => provider(join(file, 'data')), withCode('DATA_DIR'));
  assert.ok(existsSync(file));
});

test('a file of somebody who was faster wins', (t) => {
  const folder = folderOf(t);
  let raced = false;
  // The other process finishes between this one's look and its own file.
  const racing = (count: number): Uint8Array => {
    if (!raced) {
      raced = true;
      provider(folder);
    }
    return randomBytes(count);
  };
  const mine = new LocalProvider({
    dataDirectory: folder,
    randomBytes: racing,
    warn: () => undefined,
  });
  assert.ok(raced);
  return Promise.all([mine.currentKeyId(), provider(folder).currentKeyId()]).then(([a, b]) => {
    assert.equal(a, b);
    assert.deepEqual(readdirSync(folder), ['local-master-key']);
  });
});
