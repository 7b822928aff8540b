import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CsvRecord, CsvRecords } from '../../../src/cli/csv-records.ts';

const text = fc
  .array(fc.constantFrom('a', '1', ',', '"', '""', '\n', '\r\n', '\r', ' ', '\xe9'), {
    maxLength: 80,
  })
  .map((pieces) => pieces.join(''));

function taken(pieces: readonly string[]): CsvRecord[] {
  const records = new CsvRecords();
  const all: CsvRecord[] = [];
  const takeAll = (): void => {
    for (let next = records.next(); next !== undefined; next = records.next()) all.push(next);
  };
  for (const piece of pieces) {
    records.push(piece);
    takeAll();
  }
  records.end();
  takeAll();
  return all;
}

test('records do not depend on how the text was cut into pieces', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(80), { maxLength: 6 }), (whole, cuts) => {
      const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)), whole.length];
      places.sort((a, b) => a - b);
      const pieces = places.slice(1).map((place, i) => whole.slice(places[i], place));
      assert.deepEqual(taken(pieces), taken([whole]));
    }),
  );
});

test('joined again, records are the text, and lines are counted as an editor counts them', () => {
  fc.assert(
    fc.property(text, (whole) => {
      const records = taken([whole]);
      const joined = records.map(({ fields, ending }) => fields.join(',') + ending);
      // A carriage return without its newline at the end of the file belongs to no field.
      assert.equal(joined.join(''), whole.endsWith('\r') ? whole.slice(0, -1) : whole);
      let before = '';
      for (const [i, { line }] of records.entries()) {
        assert.equal(line, before.split('\n').length);
        before += joined[i] ?? '';
      }
    }),
  );
});
