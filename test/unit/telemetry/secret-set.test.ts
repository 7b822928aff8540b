import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registerArrival, redactText, registerSecret } from '../../../src/telemetry/redaction.ts';
import { SecretSet } from '../../../src/telemetry/secret-set.ts';

function setOf(...texts: string[]): SecretSet {
  const set = new SecretSet();
  for (const text of texts) set.add(text);
  return set;
}

for (const [texts, line, clean] of [
  [['abcdef'], 'abcdef', '*'],
  [['abcdef'], 'xabcdefx', 'x*x'],
  [['abcdef'], 'abcdefabcdef', '*'],
  [['abcdef'], 'abcdef abcdef', '* *'],
  [['abcdef'], 'abcde', 'abcde'],
  [['abcdef'], 'ababcdef', 'ab*'],
  [['aaaaaa'], 'aaaaaaaaab', '*b'],
  [['abcdef', 'abcdefghi'], 'abcdefghij', '*j'],
  [['abcdef', 'defghi'], 'xabcdefghix', 'x*x'],
  [['abcdefgh', 'cdefghij'], 'abcdefghij', '*'],
  [['\u{1f511}key\u{1f511}'], 'a \u{1f511}key\u{1f511}.', 'a *.'],
  [[], 'abcdef', 'abcdef'],
] as const) {
  test(`${texts.join(' and ') || 'nothing'} in ${line}`, () => {
    const set = setOf(...texts);
    assert.equal(set.replaceIn(line, '*'), clean);
    assert.equal(set.isIn(line), clean !== line);
  });
}

test('texts with equal beginnings are told apart', () => {
  const set = setOf('prefix-1', 'prefix-2');
  assert.equal(set.replaceIn('prefix-1 prefix-2 prefix-3', '*'), '* * prefix-3');
});

test('a text shorter than the window is not accepted', () => {
  assert.throws(() => setOf('abcde'), RangeError);
});

test('texts for people lose registered secrets in every form, and passwords of URLs', () => {
  registerSecret('p@ss "word"/é');
  for (const form of [
    'p@ss "word"/é',
    'p%40ss%20%22word%22%2F%C3%A9',
    'p%40ss+%22word%22%2F%C3%A9',
    'p@ss \\"word\\"/é',
  ]) {
    assert.equal(redactText(`failed: ${form}!`), 'failed: [redacted]!');
  }
  assert.equal(
    redactText('no answer from postgres://ticker:hunter2@db.example/t?x=1'),
    'no answer from postgres://ticker:[redacted]@db.example/t?x=1',
  );
  assert.equal(redactText('redis://:hunter2@h'), 'redis://:[redacted]@h');
  const plain = 'see http://127.0.0.1:8080/docs or mail ops@example.com: 12:30';
  assert.equal(redactText(plain), plain);
});

test('what cannot be told from ordinary text is passed over on arrival', () => {
  for (const word of ['', 'pw', 'ticker', 'postgres']) registerArrival(word);
  const line = 'ticker: postgres is not there (pw)';
  assert.equal(redactText(line), line);
  registerArrival('ticker7');
  assert.equal(redactText('ticker7'), '[redacted]');
});
