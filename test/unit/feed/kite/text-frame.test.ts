import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTextFrame } from '../../../../src/feed/kite/text-frame.ts';

test('a JSON object with a type is a message, whatever else it has', () => {
  const texts = [
    '{"type":"order","data":{"order_id":"151220000000000"}}',
    '{"type":"error","data":"too many"}',
    '{"type":"app_code","timestamp":"2026-01-01T09:15:00+05:30"}',
  ];
  for (const text of texts) assert.deepEqual(parseTextFrame(text), JSON.parse(text));
});

test('anything else is not', () => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '1',
    '"order"',
    '{}',
    '{"type":1}',
    '[{"type":"a"}]',
  ]) {
    assert.equal(parseTextFrame(text), undefined, text);
  }
});
