import { hash } from 'node:crypto';
import {
  AuditChainCheck,
  type AuditFault,
  type AuditHead,
  chainEvent,
  storableEvent,
} from '../../domain/audit-chain.ts';
import type { AuditEvent, RecordedAuditEvent } from '../../domain/storage.ts';
import type { Database, Sql } from './database.ts';

/** What a check of the whole record has found. */
export interface AuditReport {
  /** Events up to the fault, or all. */
  count: number;
  /** Epoch ms of the first and the last of them. */
  firstMs: number | null;
  lastMs: number | null;
  /** Hash of the last of them. */
  head: string | null;
  /** The first thing that is wrong; `id` is null if it is the head that is not there. */
  fault?: Omit<AuditFault, 'id'> & { id: number | null };
}

/** Any number: writers agree on it to append one after the other. */
export const AUDIT_LOCK_ID = 7_402_655_114;
const PAGE_EVENTS = 2_000;
/** How many are checked before the next page's bytes are taken from the network. */
const TURN_EVENTS = 250;
const JSON_TEXT = /"(?:[^"\\]|\\.)*"/g;
/** A number that we never write: not whole, or beyond 2^53. */
const FOREIGN_NUMBER = /\d\.|\d{17}/;

interface EventRow extends Record<string, unknown> {
  id_text: string;
  /** With six decimals. */
  time_s: string;
  actor: string;
  action: string;
  subject: string;
  origin: string;
  detail: string;
  previous_hash: string;
  hash: string;
}

/** In hex. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/* Numbers that JSON.parse would round to one that we have written must not pass for it. */
function parseDetail(text: string): AuditEvent['detail'] {
  const isForeign = FOREIGN_NUMBER.test(text) && FOREIGN_NUMBER.test(text.replace(JSON_TEXT, '""'));
  return isForeign ? { text } : (JSON.parse(text) as AuditEvent['detail']);
}

function recorded(row: EventRow): RecordedAuditEvent {
  const { actor, action, subject, origin } = row;
  return {
    id: Number(row.id_text),
    timeMs: Number(row.time_s.replace('.', '')) / 1000,
    actor,
    action,
    subject,
    origin,
    detail: parseDetail(row.detail),
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}

/** The last event; undefined: there is none yet. Rejects as `Database`. */
export async function readAuditHead(sql: Sql): Promise<AuditHead | undefined> {
  const [last] = await sql<{ id: number; hash: Buffer }>`
    select id, hash from audit_events order by id desc limit 1`;
  return last && { id: last.id, hash: last.hash.toString('hex') };
}

/**
 * Records an event in the transaction of `sql`, with what it is about or not at all. To be called
 * last in it: from here on until its end nobody else can record anything. The table is only ever
 * appended to; each event has a hash over itself and the one before (`domain/audit-chain.ts`).
 */
export async function appendAuditEvent(
  sql: Sql,
  event: AuditEvent,
  timeMs: number,
): Promise<RecordedAuditEvent> {
  await sql`select pg_advisory_xact_lock(${AUDIT_LOCK_ID})`;
  const head = await readAuditHead(sql);
  const next = chainEvent(storableEvent(event), Math.floor(timeMs), head, sha256);
  await sql`
    insert into audit_events
      (id, time, actor, action, subject, origin, detail, previous_hash, hash)
    values (${next.id}, ${new Date(next.timeMs)}, ${next.actor}, ${next.action}, ${next.subject},
      ${next.origin}, ${next.detail}, ${Buffer.from(next.previousHash, 'hex')},
      ${Buffer.from(next.hash, 'hex')})`;
  return next;
}

/** Records an event by itself. Rejects as `Database`. */
export function recordAuditEvent(
  database: Database,
  event: AuditEvent,
  timeMs: number,
): Promise<RecordedAuditEvent> {
  return database.transaction((sql) => appendAuditEvent(sql, event, timeMs));
}

/** Every event about `subject`, the oldest first. Rejects as `Database`. */
export async function auditEventsOf(
  database: Database,
  subject: string,
): Promise<RecordedAuditEvent[]> {
  const rows = await database.sql<EventRow>`
    select id::text as id_text, extract(epoch from time)::text as time_s,
      actor, action, subject, origin, detail::text,
      encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
    from audit_events where subject = ${subject} order by id`;
  return rows.map(recorded);
}

/** The latest `limit` events, of all or about `subject`, the newest first. */
export async function listAuditEvents(
  database: Database,
  limit: number,
  subject: string | null = null,
): Promise<RecordedAuditEvent[]> {
  const rows = await database.sql<EventRow>`
    select id::text as id_text, extract(epoch from time)::text as time_s,
      actor, action, subject, origin, detail::text,
      encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
    from audit_events where ${subject}::text is null or subject = ${subject}
    order by id desc limit ${limit}`;
  return rows.map(recorded);
}

/**
 * Checks every event, a page at a time, as the record is at this moment; `knownHead` (hex) must be
 * the hash of one of them, so that a record that was cut off at its end is found.
 */
export function verifyAuditLog(database: Database, knownHead?: string): Promise<AuditReport> {
  return database.transaction((sql) => verifyAll(sql, knownHead), {
    isolation: 'repeatable read',
  });
}

async function verifyAll(sql: Sql, knownHead: string | undefined): Promise<AuditReport> {
  const check = new AuditChainCheck(sha256);
  const report: AuditReport = { count: 0, firstMs: null, lastMs: null, head: null };
  let isHeadThere = knownHead === undefined;
  for await (const rows of pages(sql)) {
    for (const row of rows) {
      const event = recorded(row);
      const fault = check.next(event);
      if (fault !== undefined) return { ...report, fault };
      report.count += 1;
      report.firstMs ??= event.timeMs;
      report.lastMs = event.timeMs;
      report.head = event.hash;
      isHeadThere ||= event.hash === knownHead;
      if (report.count % TURN_EVENTS === 0) await nextTurn();
    }
  }
  if (isHeadThere) return report;
  const detail = `no event has the hash ${knownHead}: the record was cut off or made anew`;
  return { ...report, fault: { id: null, kind: 'missing', detail } };
}

/** All events by their ids. The server reads the next page while the one before it is checked. */
async function* pages(sql: Sql): AsyncGenerator<readonly EventRow[]> {
  let ahead = pageAfter(sql, String(Number.MIN_SAFE_INTEGER));
  try {
    for (;;) {
      const rows = await ahead;
      const last = rows.at(-1);
      if (last === undefined) return;
      ahead = pageAfter(sql, last.id_text);
      yield rows;
    }
  } finally {
    // Whoever stops early needs it no more, but the transaction must not end before it.
    await Promise.allSettled([ahead]);
  }
}

function pageAfter(sql: Sql, id: string): Promise<EventRow[]> {
  return sql<EventRow>`
    select id::text as id_text, extract(epoch from time)::text as time_s,
      actor, action, subject, origin, detail::text,
      encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
    from audit_events where id > ${id}::text::bigint
    order by id limit ${PAGE_EVENTS}`;
}

/** Lets the loop serve its sockets, also that of the next page. */
function nextTurn(): Promise<void> {
  // eslint-disable-next-line no-restricted-globals -- not a timer: no time passes, no clock is read
  return new Promise((resolve) => setImmediate(resolve));
}
