import assert from 'node:assert/strict';
import test from 'node:test';
import { byteTable } from './byte-tables.ts';
import { memoryDocument } from './memory-doc.ts';

test('the memory document has a section for every region and a row for every field', () => {
  const document = memoryDocument();
  const headings = [...document.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  assert.deepEqual(headings, [
    'Block header',
    'Ring control words',
    'Tick slot',
    'Last-value row',
    'Chain row',
    'Instrument table',
    'Meters',
    'Reprice rings',
  ]);
  for (const { name, offset, size, type } of byteTable('tick-slot.ts', 'Tick slot').fields) {
    assert.ok(document.includes(`| ${offset} | ${size} | ${type} | \`${name}\` |`), name);
  }
  for (const word of ['`INTENT`', '`STOP`', '`GREEKS_CLAIM`', '`chain_words`', '`SUBSCRIBED`']) {
    assert.ok(document.includes(word), word);
  }
});

test('the memory document is the same every time and says that it is generated', () => {
  assert.equal(memoryDocument(), memoryDocument());
  assert.match(memoryDocument(), /Generated from the comments of src\/shm\/layout/);
  assert.match(memoryDocument(), /[^\n]\n$/);
  assert.doesNotMatch(memoryDocument(), /\| undefined|\[object|NaN/);
});
