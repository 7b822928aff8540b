import type { ChainedText } from '../../../domain/audit-chain.ts';
import { AUDIT_LOCK_ID } from '../audit-log.ts';
import type { Sql, SqlValue } from '../database.ts';
import type { JournalRows } from './journal-rows.ts';
import {
  castOf,
  JOURNAL_TABLES,
  jsonOfRows,
  type Row,
  ROW_KINDS,
  type RowKind,
} from './journal-tables.ts';

/** Where a writer stands: whose turn it is, and how many commits there have been. */
export interface WriterPosition {
  epoch: number;
  position: number;
}

/** Rows of one kind. */
interface Part {
  kind: RowKind | 'events';
  rows: readonly Row[];
}

/**
 * So many rows of a kind are sent value by value: an order that waits for nothing but its own
 * commit has no more, and the server would take a tenth of a millisecond to read them from JSON.
 */
const VALUES_MAX = 3;

/** By what they write: the server prepares each once. */
const statements = new Map<string, TemplateStringsArray>();

/**
 * Writes a group and its chained events: one statement, one round trip, one commit. The lock comes
 * first, as with everybody who writes events; then the writer's row, on which all else hangs.
 * False: nothing was written, because the writer is not at `at` (any more). A row is only replaced
 * by one of a higher version; one that is there in the same or a higher version stays as it is.
 * Rejects as `Database`; an id of `events` that is taken violates `audit_events_pkey`.
 */
export async function appendGroup(
  sql: Sql,
  at: WriterPosition,
  group: readonly JournalRows[],
  events: readonly ChainedText[],
): Promise<boolean> {
  // The server prepares anew for every run what a statement might write: it is asked for no more
  // than there is.
  const parts: Part[] = ROW_KINDS.map((kind) => ({
    kind,
    rows: group.flatMap(({ rows }) => rows[kind]),
  }));
  parts.push({ kind: 'events', rows: events.map(eventRow) });
  const written = parts.filter(({ rows }) => rows.length > 0);
  const values = written.flatMap(valuesOf);
  const done = await sql(statementOf(written), at.epoch, at.position, ...values);
  return done.length === 1;
}

function isByValue(rows: readonly Row[]): boolean {
  return rows.length <= VALUES_MAX;
}

function valuesOf({ kind, rows }: Part): SqlValue[] {
  return isByValue(rows) ? rows.flat() : [jsonOfRows(JOURNAL_TABLES[kind], rows)];
}

function statementOf(parts: readonly Part[]): TemplateStringsArray {
  const name = parts.map(({ kind, rows }) => `${kind} ${isByValue(rows) ? rows.length : 'json'}`);
  const known = statements.get(name.join());
  if (known !== undefined) return known;
  // A ? stands for each value; nothing else in the text has one.
  const written = parts.map((part) => JOURNAL_TABLES[part.kind].write(sourceOf(part)));
  const text = `
    with locked as materialized (select pg_advisory_xact_lock(${AUDIT_LOCK_ID})), fence as (
      update journal_writer set position = position + 1 from locked
      where epoch = ? and position = ? returning position)
    ${written.map((part) => `, ${part}`).join('')} select position from fence`;
  const strings = text.split('?');
  const made = Object.assign(strings, { raw: strings });
  statements.set(name.join(), made);
  return made;
}

/** The rows of a part as a relation `r`. */
function sourceOf({ kind, rows }: Part): string {
  const { columns } = JOURNAL_TABLES[kind];
  if (!isByValue(rows)) {
    const typed = columns.map(([name, type]) => `${name} ${type}`);
    return `json_to_recordset(?::text::json) as r (${typed.join(', ')})`;
  }
  const row = `(${columns.map(([, type]) => `?${castOf(type)}`).join(', ')})`;
  const names = columns.map(([name]) => name).join(', ');
  return `(values ${rows.map(() => row).join(', ')}) as r (${names})`;
}

function eventRow(event: ChainedText): Row {
  const { id, timeMs, actor, action, subject, origin, detailJson, previousHash, hash } = event;
  const time = new Date(timeMs).toISOString();
  const hashes = [`\\x${previousHash}`, `\\x${hash}`];
  return [id, time, actor, action, subject, origin, detailJson, ...hashes];
}
