import type { Clock } from '../domain/clock.ts';

/** Characters of an id after its prefix: 8 of the time, 4 drawn. */
const TIME_LENGTH = 8;
const DRAWN_LENGTH = 4;
const ID_LENGTH = TIME_LENGTH + DRAWN_LENGTH;
const DRAWN_COUNT = 36 ** DRAWN_LENGTH;
/** Characters of a tag that name the intent: two of the account, then the id's. */
const TAG_PREFIX_LENGTH = 2 + ID_LENGTH;
/** The one attempt that there ever is: what places is never sent again. */
const ATTEMPT = '00';

/** Makes the ids of orders and operations: base 36, rising with time, none twice in one process. */
export class OrderIds {
  readonly #clock: Clock;
  readonly #random: () => number;
  #ms = 0;
  readonly #drawn = new Set<number>();

  /** `random`: [0, 1). */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  order(): string {
    return `ord_${this.#next()}`;
  }

  operation(): string {
    return `op_${this.#next()}`;
  }

  #next(): string {
    const nowMs = Math.floor(this.#clock.nowUs() / 1000);
    if (nowMs > this.#ms) {
      this.#ms = nowMs;
      this.#drawn.clear();
    }
    let drawn = Math.floor(this.#random() * DRAWN_COUNT);
    while (this.#drawn.has(drawn)) drawn = (drawn + 1) % DRAWN_COUNT;
    this.#drawn.add(drawn);
    return base36(this.#ms, TIME_LENGTH) + base36(drawn, DRAWN_LENGTH);
  }
}

/** True: it can be an id of ours. */
export function isOrderId(text: string): boolean {
  return /^ord_[0-9a-z]{12}$/.test(text);
}

function base36(value: number, length: number): string {
  return value.toString(36).padStart(length, '0');
}

/** The broker's handle on an order: 16 of the 20 characters that a tag may have. */
export function tagOf(account: string, orderId: string): string {
  const letters = account.toLowerCase().replace(/[^a-z0-9]/g, '');
  return letters.slice(-2).padStart(2, '0') + orderId.slice(-ID_LENGTH) + ATTEMPT;
}

/** What the tags of all attempts of one intent share; undefined: it is none of our tags. */
export function tagPrefix(tag: string): string | undefined {
  if (tag.length < TAG_PREFIX_LENGTH) return undefined;
  return tag.slice(0, TAG_PREFIX_LENGTH).toLowerCase();
}
