/**
 * The chain of the audit record: each event carries a hash over all of its fields and the hash of
 * the event before, so that none can be changed, taken out, put in or moved without being noticed.
 * Whoever can write the whole table can also compute a whole new chain: what was printed or logged
 * of the old one (`ticker audit verify --head`) tells.
 */
import type { AuditEvent, RecordedAuditEvent } from './storage.ts';

/** The hash that the first event has before it. */
export const FIRST_PREVIOUS_HASH = '0'.repeat(64);

/** SHA-256 of a text's UTF-8 bytes, in hex. */
export type HashText = (text: string) => string;

/** Says which encoding was hashed, should there ever be another. */
const ENCODING = 'ticker-audit-1';

/** A character that PostgreSQL cannot keep, or half of one. */
const NOT_STORABLE = /\0|\p{Surrogate}/gu;
/** What a text with one of them looks like, and in JSON; others may too. */
const MAYBE_NOT_STORABLE = /[\0\ud800-\udfff]/;
const MAYBE_NOT_STORABLE_JSON = /\\u(?:0000|d[89a-f])/;
const REPLACEMENT = '\uFFFD';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

function storableText(text: string): string {
  return MAYBE_NOT_STORABLE.test(text) ? text.replace(NOT_STORABLE, REPLACEMENT) : text;
}

function storable(value: Json): Json {
  if (typeof value === 'string') return storableText(value);
  if (typeof value === 'number') return storableNumber(value);
  if (typeof value === 'boolean' || value === null) return value;
  if (Array.isArray(value)) return value.map(storable);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [storableText(name), storable(item)]),
  );
}

/** Whole numbers only: a database may give others back in another form. */
function storableNumber(value: number): number | string {
  return Number.isSafeInteger(value) ? value : String(value);
}

/** Numbers in it become storable, in place. */
function storeNumbers(value: Json[] | { [name: string]: Json }): void {
  const fields = value as { [name: string]: Json };
  for (const name of Object.keys(fields)) {
    const item = fields[name];
    if (typeof item === 'number') {
      fields[name] = storableNumber(item);
    } else if (typeof item === 'object' && item !== null) {
      storeNumbers(item);
    }
  }
}

function storableDetail(detail: AuditEvent['detail']): AuditEvent['detail'] {
  const text = JSON.stringify(detail);
  const own = JSON.parse(text) as { [name: string]: Json };
  if (MAYBE_NOT_STORABLE_JSON.test(text)) return storable(own) as AuditEvent['detail'];
  storeNumbers(own);
  return own;
}

/**
 * The event as the database gives it back: characters that it cannot keep are replaced, numbers in
 * `detail` that are not whole become text, what JSON does not know is left out. To be hashed and
 * stored in this form.
 */
export function storableEvent(event: AuditEvent): AuditEvent {
  const { actor, action, subject, origin, detail } = event;
  return {
    actor: storableText(actor),
    action: storableText(action),
    subject: storableText(subject),
    origin: storableText(origin),
    detail: storableDetail(detail),
  };
}

/** A storable event with the JSON of its `detail`, made once for the hash and for the database. */
export interface EventText extends Omit<AuditEvent, 'detail'> {
  detailJson: string;
}

export function eventText(event: AuditEvent): EventText {
  const { actor, action, subject, origin, detail } = event;
  return {
    actor: storableText(actor),
    action: storableText(action),
    subject: storableText(subject),
    origin: storableText(origin),
    detailJson: storableJson(detail) ?? canonicalJson(storableDetail(detail)),
  };
}

/**
 * `canonicalJson` of the storable form of what JSON knows, in one pass, because an order waits for
 * it; undefined: something of it must be replaced first.
 */
function storableJson(value: unknown): string | undefined {
  if (typeof value === 'string') {
    return MAYBE_NOT_STORABLE.test(value) ? undefined : JSON.stringify(value);
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? JSON.stringify(storableNumber(value)) : 'null';
  }
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value === null) return 'null';
  if (typeof value !== 'object' || 'toJSON' in value) return undefined;
  return Array.isArray(value)
    ? storableJsonItems(value)
    : storableJsonFields(value as Readonly<Record<string, unknown>>);
}

function storableJsonItems(items: readonly unknown[]): string | undefined {
  let text = '';
  for (const item of items) {
    const json = storableJson(item);
    if (json === undefined) return undefined;
    text += text === '' ? json : `,${json}`;
  }
  return `[${text}]`;
}

function storableJsonFields(fields: Readonly<Record<string, unknown>>): string | undefined {
  let text = '';
  for (const name of Object.keys(fields).sort()) {
    const item = fields[name];
    if (item === undefined) continue;
    const nameJson = storableJson(name);
    const json = storableJson(item);
    if (nameJson === undefined || json === undefined) return undefined;
    text += text === '' ? `${nameJson}:${json}` : `,${nameJson}:${json}`;
  }
  return `{${text}}`;
}

/** JSON with the names of each object in order: one text for one value. */
function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = value as Record<string, unknown>;
  let text = '';
  for (const name of Object.keys(fields).sort()) {
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(fields[name])}`;
  }
  return `{${text}}`;
}

/** The place of an event in the chain. */
type Link = Pick<RecordedAuditEvent, 'id' | 'timeMs' | 'previousHash'>;

/** Hash of an event with its place in the chain. JSON keeps the fields apart. */
export function auditHash(event: Omit<RecordedAuditEvent, 'hash'>, hashText: HashText): string {
  const { actor, action, subject, origin, detail } = event;
  const detailJson = canonicalJson(detail);
  return linkHash(event, { actor, action, subject, origin, detailJson }, hashText);
}

function linkHash(link: Link, event: EventText, hashText: HashText): string {
  const { id, timeMs, previousHash } = link;
  const { actor, action, subject, origin, detailJson } = event;
  const named = JSON.stringify([
    ENCODING,
    previousHash,
    id,
    timeMs,
    actor,
    action,
    subject,
    origin,
  ]);
  return hashText(`${named.slice(0, -1)},${detailJson}]`);
}

/** The next of a chain, as the database takes it. */
export type ChainedText = EventText & Link & { hash: string };

export function chainText(
  event: EventText,
  timeMs: number,
  head: AuditHead | undefined,
  hashText: HashText,
): ChainedText {
  const link = linkAfter(head, timeMs);
  return { ...event, ...link, hash: linkHash(link, event, hashText) };
}

function linkAfter(head: AuditHead | undefined, timeMs: number): Link {
  return { id: (head?.id ?? 0) + 1, timeMs, previousHash: head?.hash ?? FIRST_PREVIOUS_HASH };
}

/** The last event of a chain; undefined: there is none yet. */
export type AuditHead = Pick<RecordedAuditEvent, 'id' | 'hash'>;

/** The next event of a chain. `event` must be storable. */
export function chainEvent(
  event: AuditEvent,
  timeMs: number,
  head: AuditHead | undefined,
  hashText: HashText,
): RecordedAuditEvent {
  const { actor, action, subject, origin, detail } = event;
  const linked = { ...linkAfter(head, timeMs), actor, action, subject, origin, detail };
  return { ...linked, hash: auditHash(linked, hashText) };
}

/** The first thing that is wrong with a chain. */
export interface AuditFault {
  /** Id of the event; for a missing one, the id that it should have. */
  id: number;
  /** order: events come twice or were moved. altered: a field is not what was recorded. */
  kind: 'missing' | 'order' | 'altered';
  detail: string;
}

/** Checks a chain, event by event from the first one. */
export class AuditChainCheck {
  readonly #hashText: HashText;
  #head: AuditHead | undefined;

  constructor(hashText: HashText) {
    this.#hashText = hashText;
  }

  /** The last event that was found right. */
  get head(): AuditHead | undefined {
    return this.#head;
  }

  /** Looks at the next event; a fault ends the check. */
  next(event: RecordedAuditEvent): AuditFault | undefined {
    const id = (this.#head?.id ?? 0) + 1;
    if (event.id > id) {
      return { id, kind: 'missing', detail: `event ${id} is missing: ${event.id} comes next` };
    }
    if (event.id !== id) {
      return { id: event.id, kind: 'order', detail: `event ${event.id} stands where ${id} should` };
    }
    if (event.previousHash !== (this.#head?.hash ?? FIRST_PREVIOUS_HASH)) {
      const detail = `event ${id} does not follow the one before it`;
      return { id, kind: 'altered', detail };
    }
    if (event.hash !== auditHash(event, this.#hashText)) {
      return { id, kind: 'altered', detail: `event ${id} is not what was recorded` };
    }
    this.#head = { id, hash: event.hash };
    return undefined;
  }
}
