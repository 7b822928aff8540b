import assert from 'node:assert/strict';
import test from 'node:test';
import { readRepositoryText } from '../support/repository-files.ts';

const ROUTES = 69;
const SOCKETS = 2;
const STATES = new Set(['now', 'now; lists planned', 'planned', 'planned, path open']);

/** Cells of all table rows whose first cell is a number (routes) or S and a number (sockets). */
const rows = readRepositoryText('docs/MIGRATION.md')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, number = '']) => /^S?\d+$/.test(number));

test('each of the 69 routes and 2 sockets of the old service has a row', () => {
  const numbers = rows.map(([, number]) => number);
  const routes = Array.from({ length: ROUTES }, (_, index) => String(index + 1));
  const sockets = Array.from({ length: SOCKETS }, (_, index) => `S${index + 1}`);
  assert.deepEqual(numbers, [...sockets, ...routes]);
  assert.equal(new Set(rows.map(([, , old]) => old)).size, ROUTES + SOCKETS, 'a row stands twice');
});

test('every row of the migration table has a successor and says whether it is there', () => {
  for (const [, number, old, successor, state = ''] of rows) {
    assert.match(
      old ?? '',
      /^`((GET|POST|PUT|DELETE) )?\/\S+`$/,
      `old route of row ${number ?? ''}`,
    );
    assert.notEqual(successor, '', `successor of row ${number ?? ''}`);
    assert.ok(STATES.has(state), `state of row ${number ?? ''}: ${state}`);
  }
});
