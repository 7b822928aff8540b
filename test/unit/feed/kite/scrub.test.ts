import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quotable, scrubbed } from '../../../../src/feed/kite/scrub.ts';

test('credentials vanish from URLs, whichever they are', () => {
  assert.equal(
    scrubbed('Invalid URL: wss://h/?api_key=abc&access_token=d%2Fe&uid=1', []),
    'Invalid URL: wss://h/?api_key=***&access_token=***&uid=1',
  );
});

test('the given secrets vanish, plain and URL-encoded, wherever they are', () => {
  assert.equal(
    scrubbed('token k/1:s+2 and k%2F1, s%2B2', ['k/1', 's+2']),
    'token ***:*** and ***, ***',
  );
});

test('an empty secret leaves the text alone', () => {
  assert.equal(scrubbed('abc', ['']), 'abc');
});

test('a quoted text is one line of bounded length without control characters', () => {
  assert.equal(quotable('a\r\nb\u0000\u001b[31m c', []), 'a b [31m c');
  const long = quotable('x'.repeat(5000), []);
  assert.equal(long, `${'x'.repeat(300)}...`);
});

test('a secret is not cut in two before it is looked for', () => {
  assert.ok(!quotable(`${'x'.repeat(295)}secret-token`, ['secret-token']).includes('secret'));
});
