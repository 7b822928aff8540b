import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type CsvRecord,
  CsvRecords,
  fieldText,
  RECORD_BYTES_MAX,
} from '../../../src/cli/csv-records.ts';

function recordsOf(text: string): CsvRecord[] {
  const records = new CsvRecords();
  records.push(text);
  records.end();
  return takeAll(records);
}

function takeAll(records: CsvRecords): CsvRecord[] {
  const taken: CsvRecord[] = [];
  for (let next = records.next(); next !== undefined; next = records.next()) taken.push(next);
  return taken;
}

describe('records', () => {
  test('have their fields as they stand, their line ending and their line', () => {
    assert.deepEqual(recordsOf('a,b\r\n 1,,2\n\nx'), [
      { fields: ['a', 'b'], ending: '\r\n', line: 1, badQuotes: false },
      { fields: [' 1', '', '2'], ending: '\n', line: 2, badQuotes: false },
      { fields: [''], ending: '\n', line: 3, badQuotes: false },
      { fields: ['x'], ending: '', line: 4, badQuotes: false },
    ]);
  });

  test('a quoted field may hold commas, quotes and line breaks, and keeps its quotes', () => {
    const [record, next] = recordsOf('"a,""b""\nc",2,"d"\r\n3\n');
    assert.deepEqual(record?.fields, ['"a,""b""\nc"', '2', '"d"']);
    assert.equal(record.ending, '\r\n');
    assert.deepEqual([next?.fields, next?.line], [['3'], 3]);
  });

  test('a quoted field may end the file', () => {
    assert.deepEqual(
      recordsOf('1,"a"').map(({ fields, ending }) => [fields, ending]),
      [[['1', '"a"'], '']],
    );
  });

  test('a quote that is never closed spoils its own line only', () => {
    const records = recordsOf('1,"a\n2,b\n"3",c\n4,d\n');
    assert.deepEqual(
      records.map(({ line, badQuotes }) => [line, badQuotes]),
      [
        [1, true],
        [2, false],
        [3, false],
        [4, false],
      ],
    );
    assert.deepEqual(records[0]?.fields, ['1', '"a']);
  });

  test('a quote inside a field is a character like others', () => {
    assert.deepEqual(recordsOf('5" pipe,2\n')[0]?.fields, ['5" pipe', '2']);
  });
});

test('text without a line end is given up at the limit', () => {
  const records = new CsvRecords();
  records.push('x'.repeat(RECORD_BYTES_MAX));
  assert.equal(records.next(), undefined);
  assert.equal(records.isTooLong, false);
  records.push('x');
  assert.equal(records.isTooLong, true);
});

test('a field says what stands between its quotes, without spaces around', () => {
  assert.equal(fieldText('" a ""b"" "'), 'a "b"');
  assert.equal(fieldText(' a '), 'a');
  assert.equal(fieldText('""'), '');
});
