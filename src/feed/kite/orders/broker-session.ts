import { quotable, scrubbed } from '../scrub.ts';
import type { Refusal } from './call-queue.ts';

/** Of an answer, for the audit record. */
const KEPT_CHARACTERS = 2_000;

/** The login of one account: whether it lives, and what of it must not be shown. */
export class BrokerSession {
  readonly #apiKey: string;
  #number = 0;
  #isAlive: boolean;
  /** The one before it can still stand in a late answer. */
  #tokens: readonly string[];

  /** `accessToken` null: nobody has logged in yet. */
  constructor(apiKey: string, accessToken: string | null) {
    this.#apiKey = apiKey;
    this.#tokens = accessToken === null ? [] : [accessToken];
    this.#isAlive = accessToken !== null;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Told to `end`: an answer to the session before says nothing of this one. */
  get number(): number {
    return this.#number;
  }

  begin(accessToken: string): void {
    this.#number++;
    this.#isAlive = true;
    this.#tokens = [...this.#tokens, accessToken].slice(-2);
  }

  /** False: a newer session has begun since, or it had ended before. */
  end(number: number): boolean {
    if (number !== this.#number || !this.#isAlive) return false;
    this.#isAlive = false;
    return true;
  }

  refusal(): Refusal | undefined {
    if (this.#isAlive) return undefined;
    const detail = 'The broker has ended the session; a new login is needed.';
    return { ok: false, code: 'BROKER_SESSION', detail, retryAfterMs: 60_000 };
  }

  /** The broker's text for a message. */
  quotable(text: string): string {
    return quotable(text, this.#secrets());
  }

  /** The broker's text for the audit record. */
  evidence(text: string): string {
    return scrubbed(text, this.#secrets()).slice(0, KEPT_CHARACTERS);
  }

  #secrets(): readonly string[] {
    return [this.#apiKey, ...this.#tokens];
  }
}
