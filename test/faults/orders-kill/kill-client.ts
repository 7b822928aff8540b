import type { Random } from '../../../src/feed/sim/random.ts';
import type { KillRig } from './kill-rig.ts';

type Json = Record<string, unknown>;

/** One write that a client wants once. */
export interface KillAsk {
  key: string;
  method: 'POST' | 'PATCH' | 'DELETE';
  path: string;
  body: Json | undefined;
  /** Ids of orders that it was answered with. */
  orderIds: Set<string>;
  /** Statuses of its answers; 0: none came. */
  statuses: number[];
  isOver: boolean;
}

const TRIES_MAX = 40;
/** Answers that say: the same request may be made again. */
const AGAIN: ReadonlySet<number> = new Set([0, 409, 429, 500, 503, 504]);
const LONGEST_PAUSE_MS = 60;
const BACK_OFF_MS = 100;

/** Places, changes and cancels over HTTP, through every death of the service. */
export class KillClient {
  readonly asks: KillAsk[] = [];
  readonly #rig: KillRig;
  readonly #random: Random;
  readonly #name: string;
  readonly #orders: string[] = [];
  #isStopped = false;

  constructor(rig: KillRig, random: Random, name: string) {
    this.#rig = rig;
    this.#random = random;
    this.#name = name;
  }

  /** Ends after what is under way. */
  stop(): void {
    this.#isStopped = true;
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      await rest(this.#random.integer(1, LONGEST_PAUSE_MS));
      await this.#pursue(this.#next());
    }
  }

  async #pursue(ask: KillAsk): Promise<void> {
    this.asks.push(ask);
    for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
      const status = await this.#once(ask);
      if (!AGAIN.has(status)) break;
      await rest(BACK_OFF_MS);
    }
    ask.isOver = true;
  }

  async #once(ask: KillAsk): Promise<number> {
    const headers = { 'Idempotency-Key': ask.key };
    const answer = await this.#rig
      .call(ask.method, ask.path, ask.body, headers)
      .catch(() => undefined);
    const status = answer?.status ?? 0;
    ask.statuses.push(status);
    const id = (answer?.body as Json | undefined)?.['id'];
    if (typeof id === 'string') {
      ask.orderIds.add(id);
      if (status === 201 || status === 202) this.#orders.push(id);
    }
    return status;
  }

  #next(): KillAsk {
    const id = this.#orders[this.#random.integer(0, Math.max(0, this.#orders.length - 1))];
    const choice = this.#random.uniform();
    if (id === undefined || choice < 0.7) return this.#ask('POST', '/v1/orders', this.#order());
    if (choice < 0.85) return this.#ask('DELETE', `/v1/orders/${id}`, undefined);
    const price = 1500 - this.#random.integer(0, 40);
    return this.#ask('PATCH', `/v1/orders/${id}`, { price });
  }

  #ask(method: KillAsk['method'], path: string, body: Json | undefined): KillAsk {
    const key = `${this.#name}n${this.asks.length + 1}`;
    const known = method === 'POST' ? { ...body, client_order_id: key, tag: key } : body;
    const orderIds = new Set<string>();
    return { key, method, path, body: known, orderIds, statuses: [], isOver: false };
  }

  /** Resting or trading at once, and no two of one quantity after the other. */
  #order(): Json {
    const isResting = this.#random.uniform() < 0.5;
    return {
      account: this.#rig.accounts[this.#random.integer(0, this.#rig.accounts.length - 1)],
      exchange: 'NSE',
      tradingsymbol: 'INFY',
      transaction_type: 'BUY',
      order_type: isResting ? 'LIMIT' : 'MARKET',
      ...(isResting ? { price: 1440 - this.#random.integer(0, 20) } : { market_protection: -1 }),
      product: 'MIS',
      quantity: this.#random.integer(1, 60),
    };
  }
}

export function rest(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
