import type { TimedAuditEvent } from '../domain/order-journal.ts';

/** Who does what the service does of its own accord. */
export const SERVICE_ACTOR = 'service';

/** Who is behind a change, for the audit record. */
export interface Doer {
  /** A key id, or SERVICE_ACTOR. */
  actor: string;
  /** Address of the caller, or where the news came from. */
  origin: string;
}

export const SERVICE: Doer = { actor: SERVICE_ACTOR, origin: SERVICE_ACTOR };

/** What happened, before its time and subject are known. */
export interface EventDraft extends Doer {
  action: string;
  detail: Readonly<Record<string, unknown>>;
}

/** `subject`: order id, or account. */
export function timedEvent(draft: EventDraft, subject: string, timeUs: number): TimedAuditEvent {
  return { ...draft, subject, timeUs };
}
