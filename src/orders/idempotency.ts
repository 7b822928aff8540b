import { TickerError } from '../domain/error-codes.ts';
import type { IdempotencyRecord } from '../domain/order-journal.ts';
import type { OrderAnswer, WriteCall } from '../domain/order-service.ts';
import { idempotencyExpiryUs } from './trading-day.ts';

interface Use {
  record: IdempotencyRecord;
  isRunning: boolean;
  /** What it stands for is durable. */
  isKept: boolean;
}

/** A request that came before: what it made, and what was answered if that is known. */
export type EarlierUse = Pick<IdempotencyRecord, 'subject' | 'answer'>;

/** The first request under its key, while it is worked on. */
export class KeyUse {
  readonly #uses: Map<string, Use>;
  readonly #name: string;
  readonly #use: Use;

  constructor(uses: Map<string, Use>, name: string, use: Use) {
    this.#uses = uses;
    this.#name = name;
    this.#use = use;
  }

  /** The caller no longer waits, and nothing had been kept: nothing may be made any more. */
  isGivenUp(): boolean {
    return this.#uses.get(this.#name) !== this.#use;
  }

  /** The key now stands for `subject`: to be journaled with it. */
  attach(subject: string): IdempotencyRecord {
    this.#use.record = { ...this.#use.record, subject };
    return this.#use.record;
  }

  /**
   * What the key stands for is durable. Throws TIMEOUT if the caller was told before that nothing
   * was kept: it must be taken back.
   */
  keep(): void {
    if (this.isGivenUp()) throw new TickerError('TIMEOUT');
    this.#use.isKept = true;
  }

  /** What every later request with the key is answered with: to be journaled. */
  finish(answer: OrderAnswer): IdempotencyRecord {
    this.#use.record = { ...this.#use.record, answer };
    this.#use.isRunning = false;
    return this.#use.record;
  }

  /**
   * Nothing more comes of the request: unless it has made something, the same one may come again.
   * Does nothing once it is finished.
   */
  end(): void {
    this.#use.isRunning = false;
    if (this.#use.record.subject === null && this.#use.record.answer === null) this.release();
  }

  /**
   * The request was not taken: the same one may come again. To be journaled if it was attached;
   * nothing is to be released if it has come again already.
   */
  release(): Pick<IdempotencyRecord, 'keyId' | 'key'>[] {
    const { keyId, key } = this.#use.record;
    const holder = this.#uses.get(this.#name);
    if (holder !== undefined && holder !== this.#use) return [];
    this.#uses.delete(this.#name);
    return [{ keyId, key }];
  }
}

/** Every use of an `Idempotency-Key` that has not expired. */
export class IdempotencyUses {
  readonly #uses = new Map<string, Use>();

  /** Takes over what the journal has. */
  load(records: readonly IdempotencyRecord[]): void {
    for (const record of records) {
      this.#uses.set(nameOf(record.keyId, record.key), { record, isRunning: false, isKept: true });
    }
  }

  /**
   * The request that came before under the key, or the use that begins now. Throws
   * IDEMPOTENCY_MISMATCH and IDEMPOTENCY_RUNNING.
   */
  begin(call: WriteCall, nowUs: number): { earlier: EarlierUse } | { use: KeyUse } {
    const { idempotencyKey: key, fingerprint } = call;
    const { keyId } = call.principal;
    const name = nameOf(keyId, key);
    const known = this.#known(name, nowUs);
    if (known !== undefined) {
      if (known.record.fingerprint !== fingerprint) throw new TickerError('IDEMPOTENCY_MISMATCH');
      if (known.isRunning) throw new TickerError('IDEMPOTENCY_RUNNING');
      return { earlier: known.record };
    }
    const expiresUs = idempotencyExpiryUs(nowUs);
    const use: Use = {
      record: { keyId, key, fingerprint, subject: null, answer: null, createdUs: nowUs, expiresUs },
      isRunning: true,
      isKept: false,
    };
    this.#uses.set(name, use);
    return { use: new KeyUse(this.#uses, name, use) };
  }

  /**
   * What is known under the key of a call whose caller no longer waits; undefined: nothing was
   * kept, and its use is forgotten.
   */
  giveUp(call: WriteCall): EarlierUse | undefined {
    const name = nameOf(call.principal.keyId, call.idempotencyKey);
    const use = this.#uses.get(name);
    if (use?.record.fingerprint !== call.fingerprint) return undefined;
    if (!use.isKept) {
      this.#uses.delete(name);
      return undefined;
    }
    return use.record;
  }

  forgetExpired(nowUs: number): void {
    for (const [name, { record, isRunning }] of this.#uses) {
      if (!isRunning && record.expiresUs <= nowUs) this.#uses.delete(name);
    }
  }

  #known(name: string, nowUs: number): Use | undefined {
    const use = this.#uses.get(name);
    return use !== undefined && (use.isRunning || use.record.expiresUs > nowUs) ? use : undefined;
  }
}

/* Keys of two API keys have nothing to do with each other. */
function nameOf(keyId: string, key: string): string {
  return `${keyId} ${key}`;
}
