import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig, type Environment } from '../../../src/config/config.ts';
import { secretTexts } from '../../../src/config/config-secrets.ts';
import { secretFileExposure } from '../../../src/config/secret-file.ts';
import { secretWeakness } from '../../../src/config/secret-strength.ts';
import { TickerError } from '../../../src/domain/error-codes.ts';
import { repositoryRoot } from '../../support/repository-root.ts';
import { temporaryFolder } from '../../support/ticker-process.ts';

/** A text as a generator makes it, the same in every run. */
function randomText(seed: number, encoding: 'hex' | 'base64' | 'base64url'): string {
  return createHash('sha256').update(`strong ${seed}`).digest().toString(encoding);
}

for (const [weak, reason] of [
  ['', /shorter than 16/],
  ['f4Zk0sQ9xT2wLr7', /shorter than 16/],
  ['abababababababababab', /different characters/],
  ['00000000000000000000', /different characters/],
  ['aK3-zQ9_Lm5+aK3-zQ9_Lm5+', /repeats itself/],
  ['f4Zk12345678sQ9xT2wL', /run such as/],
  ['f4Zk87654321sQ9xT2wL', /run such as/],
  ['f4Zkabcdefghij9xT2wL', /run such as/],
  ['changeme', /word of examples/],
  ['CHANGE-ME-f4Zk0sQ9xT2wL', /word of examples/],
  ['MyPassw0rd-f4Zk0sQ9xT2', /word of examples/],
  ['super-secret-f4Zk0sQ9x', /word of examples/],
  ['test-f4Zk0sQ9xT2wLr7Yb', /word of examples/],
  ['f4Zk0sQ9xT2wLr7Yb-test', /word of examples/],
  ['sim-secret-1', /word of examples/],
  ['sim-token-12', /word of examples/],
  ['admin_f4Zk0sQ9xT2wLr7Y', /word of examples/],
  // The examples of AWS, in two parts so that nobody takes them for real ones.
  ['AKIA' + 'IOSFODNN7EXAMPLE', /word of examples/],
  ['wJalrXUtnFEMI/K7MDENG' + '/bPxRfiCYEXAMPLEKEY', /word of examples/],
  ['<your key goes here>', /placeholder/],
  ['${TICKER_API_KEY_FROM_CI}', /placeholder/],
  ['$(cat /run/key-of-the-service)', /placeholder/],
  ['{{ .Values.apiKey | quote }}', /placeholder/],
  ['%TICKER_API_KEY_OF_CI%', /placeholder/],
  ['f4Zk0sQ9xT2wLr7Yb...', /placeholder/],
  ['tk_dev_f4Zk0sQ9xT2wLr7Yb1Nc8Vd3', /key of development/],
] as const) {
  test(`refuses ${JSON.stringify(weak)}`, () => {
    const weakness = secretWeakness(weak);
    assert.match(weakness ?? 'accepted', reason);
    if (weak !== '') assert.ok(!weakness?.includes(weak));
  });
}

test('accepts what generators make', () => {
  for (let seed = 0; seed < 3000; seed++) {
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      const text = randomText(seed, encoding);
      assert.equal(secretWeakness(text), undefined, text);
      assert.equal(secretWeakness(`tk_prod_${text}`), undefined, text);
    }
  }
});

/** Settings, fields and passwords of URLs that look like secrets in our own documents. */
const EXAMPLES = [
  /TICKER_(?:API_KEY|DATABASE_URL|REDIS_URL)=['"]?([^\s'"`]+)/g,
  /"(?:api_key|api_secret|access_token)": *"([^"]*)"/g,
  /\b(?:sim-(?:key|secret|token)-[\w-]+)/g,
];

test('refuses every example of our own documents', () => {
  const folder = join(repositoryRoot, 'docs');
  const files = readdirSync(folder).map((name) => join(folder, name));
  let found = 0;
  for (const file of [join(repositoryRoot, 'README.md'), ...files]) {
    if (!file.endsWith('.md')) continue;
    const text = readFileSync(file, 'utf8');
    for (const pattern of EXAMPLES) {
      for (const [whole, value = whole] of text.matchAll(pattern)) {
        const secret = URL.canParse(value) ? new URL(value).password : value;
        if (secret === '') continue;
        found++;
        assert.notEqual(secretWeakness(secret), undefined, `${file}: ${value}`);
      }
    }
  }
  assert.ok(found > 0, 'the documents have no examples: the patterns are wrong');
});

const KEY = 'f4Zk0sQ9xT2wLr7Yb1Nc8Vd3Mh6Jg5Pa';
const PRODUCTION: Environment = {
  TICKER_ENV: 'production',
  TICKER_KMS_KEY_ID: 'alias/ticker',
  TICKER_DATABASE_URL: 'postgres://ticker:vX3k9Qw7Zt1m8Rb5@127.0.0.1/ticker',
};

function problems(environment: Environment): string {
  try {
    loadConfig({ ...PRODUCTION, ...environment });
    return '';
  } catch (error) {
    assert.ok(error instanceof TickerError);
    return error.detail;
  }
}

test('production refuses guessable secrets, names them all, and prints none', () => {
  assert.equal(problems({ TICKER_API_KEY: KEY }), '');
  const text = problems({
    TICKER_API_KEY: `changeme-${KEY}`,
    TICKER_DATABASE_URL: 'postgres://ticker:hunter2@127.0.0.1/ticker',
    TICKER_REDIS_URL: 'redis://:p%61ssword-1234567@127.0.0.1',
  });
  assert.match(text, /in production TICKER_API_KEY is refused: it contains a word of examples/);
  assert.match(text, /the password of TICKER_DATABASE_URL is refused: it is shorter than 16/);
  assert.match(text, /the password of TICKER_REDIS_URL is refused: it contains a word/);
  for (const secret of [KEY, 'hunter2', 'p%61ssword', '1234567']) {
    assert.ok(!text.includes(secret), text);
  }
});

test('production takes a database that needs no password', () => {
  assert.equal(problems({ TICKER_DATABASE_URL: 'postgres://ticker@127.0.0.1/ticker' }), '');
});

test('development and commands take anything that works', () => {
  loadConfig({ TICKER_DATABASE_URL: 'postgres://postgres:postgres@127.0.0.1/ticker' });
  const weak = { ...PRODUCTION, TICKER_DATABASE_URL: 'postgres://u:short@127.0.0.1/t' };
  loadConfig(weak, {}, 'command');
});

test('production refuses a file of a secret that others can read, by name', (t) => {
  const file = join(temporaryFolder(t), 'key');
  writeFileSync(file, KEY, { mode: 0o600 });
  assert.equal(problems({ TICKER_API_KEY_FILE: file }), '');
  for (const [mode, who] of [
    [0o604, 'every user of the machine'],
    [0o644, 'every user of the machine'],
    [0o640, 'its group'],
  ] as const) {
    chmodSync(file, mode);
    const text = problems({ TICKER_API_KEY_FILE: file });
    assert.match(text, /^in production TICKER_API_KEY_FILE is refused: /);
    assert.ok(text.includes(who), text);
    assert.ok(!text.includes(KEY));
    assert.equal(loadConfig({ TICKER_API_KEY_FILE: file }).apiKey, KEY);
  }
});

test('a file that its owner, somebody else, gave to the group of the service is taken', (t) => {
  if (process.getuid?.() !== 0) {
    t.skip('only root can give a file away');
    return;
  }
  const file = join(temporaryFolder(t), 'key');
  writeFileSync(file, KEY);
  chownSync(file, 65_534, 0);
  chmodSync(file, 0o440);
  assert.equal(secretFileExposure(file), undefined);
  chmodSync(file, 0o444);
  assert.match(secretFileExposure(file) ?? '', /every user/);
});

test('a reference that nobody has looked up is an error, not a secret', (t) => {
  for (const reference of ['aws-secrets-manager:prod/key', 'encrypted-store:key']) {
    for (const purpose of ['serve', 'command'] as const) {
      assert.throws(
        () => loadConfig({ TICKER_API_KEY: reference }, {}, purpose),
        /CONFIG_INVALID: TICKER_API_KEY is a reference that was not looked up/,
      );
    }
  }
  const file = join(temporaryFolder(t), 'key');
  writeFileSync(file, 'aws-secrets-manager:prod/key\n');
  assert.throws(
    () => loadConfig({ TICKER_API_KEY_FILE: file }),
    /CONFIG_INVALID: TICKER_API_KEY_FILE names a file that holds a reference/,
  );
});

test('the secret texts of a configuration are its values and the passwords in them', () => {
  const config = loadConfig({
    TICKER_API_KEY: KEY,
    TICKER_DATABASE_URL: 'postgres://u:p%40ss-of-u@127.0.0.1/t',
    TICKER_REDIS_URL: 'redis://127.0.0.1',
  });
  assert.deepEqual(secretTexts(config), [KEY, 'p%40ss-of-u', 'p@ss-of-u']);
});
