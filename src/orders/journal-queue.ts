import type { Clock, TimerHandle } from '../domain/clock.ts';
import { TickerError, errorText } from '../domain/error-codes.ts';
import type { JournalEntry, OrderJournal } from '../domain/order-journal.ts';

interface Item {
  entry: JournalEntry;
  /** What it writes to; items with a key in common stay in their order. */
  keys: readonly string[];
  /** Null: it is kept until it is durable. */
  waiter: { resolve: () => void; reject: (error: TickerError) => void } | null;
  /** It could not be written when it should have been. */
  overdue: boolean;
}

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5_000;

export interface JournalQueueOptions {
  clock: Clock;
  journal: OrderJournal;
  /** Writing failed, or works again (null). */
  onTrouble: (detail: string | null) => void;
  /** Runs what nobody waits for, after what somebody does. Default: at once. */
  later?: (work: () => void) => void;
}

/**
 * The way into the journal. `write` is for what must be durable before anything is sent; `keep` is
 * for what has happened already: it is tried again until it is durable, so that nothing is lost
 * while the service lives. Records of one order stay in their order, others share a commit.
 */
export class JournalQueue {
  readonly #options: JournalQueueOptions;
  #waiting: Item[] = [];
  readonly #busy = new Set<string>();
  #running = 0;
  #overdue = 0;
  /** In a row; above 0 nothing is begun but one attempt after another. */
  #failures = 0;
  #retry: TimerHandle | undefined;
  readonly #idle: (() => void)[] = [];
  /** Those who wait for what is kept of one record. */
  readonly #watchers = new Set<{ key: string; resolve: () => void }>();
  #isStopped = false;
  #isHeld = false;
  /** `later` will pump. */
  #isDue = false;

  constructor(options: JournalQueueOptions) {
    this.#options = options;
  }

  /** True: what is written now can become durable, and nothing of before is missing. */
  get isClear(): boolean {
    const isWorking = this.#failures === 0 && this.#overdue === 0 && !this.#isHeld;
    return isWorking && this.#options.journal.isWritable;
  }

  /** Nothing is written until `release`: the journal is not read yet. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#pump();
  }

  /** Entries that are not durable yet. */
  get backlog(): number {
    return this.#waiting.length + this.#running;
  }

  /**
   * Resolves when `entry` is durable. Rejects with JOURNAL_UNAVAILABLE: it may have been kept or
   * not, and what it said must be taken back with `keep`; and with CLIENT_ORDER_ID_USED.
   */
  write(entry: JournalEntry): Promise<void> {
    if (!this.isClear) return Promise.reject(unavailable());
    return new Promise((resolve, reject) => {
      this.#add({ entry, keys: keysOf(entry), waiter: { resolve, reject }, overdue: false });
      this.#pump();
    });
  }

  /** Makes `entry` durable as soon as the journal lets it. */
  keep(entry: JournalEntry): void {
    this.#add({ entry, keys: keysOf(entry), waiter: null, overdue: false });
    const { later } = this.#options;
    if (later === undefined) {
      this.#pump();
    } else if (!this.#isDue) {
      this.#isDue = true;
      later(() => {
        this.#isDue = false;
        this.#pump();
      });
    }
  }

  /** Resolves when nothing of the record is on its way any more, at most after `timeoutMs`. */
  async durable(id: string, timeoutMs: number): Promise<void> {
    if (!this.#isUnderWay(id)) return;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.setTimeout(() => end(), timeoutMs);
      const watcher = { key: id, resolve: () => end() };
      const end = (): void => {
        timer.cancel();
        this.#watchers.delete(watcher);
        resolve();
      };
      this.#watchers.add(watcher);
    });
  }

  /** Resolves when everything is durable, or after `timeoutMs` (false). */
  async settled(timeoutMs: number): Promise<boolean> {
    if (this.backlog > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.setTimeout(resolve, timeoutMs);
        this.#idle.push(() => {
          timer.cancel();
          resolve();
        });
      });
    }
    return this.backlog === 0;
  }

  /** Tries no more; what is not durable yet is lost. */
  stop(): void {
    this.#isStopped = true;
    this.#retry?.cancel();
  }

  #add(item: Item): void {
    this.#waiting.push(item);
    if (this.#failures > 0) this.#markOverdue(item);
  }

  #pump(): void {
    if (this.#failures > 0 || this.#isStopped || this.#isHeld) return;
    const blocked = new Set(this.#busy);
    const waiting = this.#waiting;
    this.#waiting = [];
    const held: Item[] = [];
    for (const item of waiting) {
      if (item.keys.some((key) => blocked.has(key))) held.push(item);
      else this.#begin(item);
      for (const key of item.keys) blocked.add(key);
    }
    this.#waiting = held.concat(this.#waiting);
  }

  #begin(item: Item): void {
    this.#running++;
    for (const key of item.keys) this.#busy.add(key);
    this.#options.journal.append(item.entry).then(
      () => this.#onDurable(item),
      (error: unknown) => this.#onFailed(item, error),
    );
  }

  #end(item: Item): void {
    this.#running--;
    for (const key of item.keys) this.#busy.delete(key);
  }

  #onDurable(item: Item): void {
    this.#end(item);
    if (item.overdue) this.#overdue--;
    if (this.#failures > 0) this.#works();
    item.waiter?.resolve();
    this.#pump();
    this.#checkIdle();
    for (const { key, resolve } of this.#watchers) if (!this.#isUnderWay(key)) resolve();
  }

  #isUnderWay(key: string): boolean {
    return this.#busy.has(key) || this.#waiting.some(({ keys }) => keys.includes(key));
  }

  #onFailed(item: Item, error: unknown): void {
    this.#end(item);
    if (item.waiter !== null && error instanceof TickerError) {
      // The journal works; it is this entry that it refuses.
      if (error.code === 'CLIENT_ORDER_ID_USED') {
        this.#refuse(item.waiter, error);
        return;
      }
    }
    this.#failures++;
    if (this.#failures === 1) this.#options.onTrouble(errorText(error));
    if (item.waiter === null) this.#waiting.unshift(item);
    else item.waiter.reject(unavailable(error));
    // Whoever waits to send something is told at once; it is not sent later.
    const strict = this.#waiting.filter(({ waiter }) => waiter !== null);
    this.#waiting = this.#waiting.filter(({ waiter }) => waiter === null);
    for (const { waiter } of strict) waiter?.reject(unavailable());
    for (const kept of this.#waiting) this.#markOverdue(kept);
    this.#scheduleRetry();
    this.#checkIdle();
  }

  #refuse({ reject }: NonNullable<Item['waiter']>, error: TickerError): void {
    reject(error);
    this.#pump();
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.backlog > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #markOverdue(item: Item): void {
    if (item.overdue || item.waiter !== null) return;
    item.overdue = true;
    this.#overdue++;
  }

  #works(): void {
    this.#failures = 0;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#options.onTrouble(null);
  }

  #scheduleRetry(): void {
    if (this.#retry !== undefined || this.#isStopped) return;
    const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(10, this.#failures - 1));
    this.#retry = this.#options.clock.setTimeout(() => this.#tryAgain(), delayMs);
  }

  #tryAgain(): void {
    this.#retry = undefined;
    if (this.#failures === 0) return;
    if (!this.#options.journal.isWritable) {
      this.#scheduleRetry();
      return;
    }
    const first = this.#waiting.shift();
    if (first !== undefined) {
      this.#begin(first);
      return;
    }
    // Nothing is left to try with: the next write tells.
    if (this.#running === 0) this.#works();
    else this.#scheduleRetry();
  }
}

function unavailable(cause?: unknown): TickerError {
  return new TickerError('JOURNAL_UNAVAILABLE', undefined, { cause });
}

function keysOf(entry: JournalEntry): string[] {
  const { orders = [], operations = [], trades = [], idempotency = [], released = [] } = entry;
  const { tradingStates = [], limits = [] } = entry;
  return [
    ...orders.map(({ id }) => id),
    ...operations.map(({ id }) => id),
    ...trades.map(({ account, tradeId }) => `trade ${account} ${tradeId}`),
    ...idempotency.map(({ keyId, key }) => `key ${keyId} ${key}`),
    ...released.map(({ keyId, key }) => `key ${keyId} ${key}`),
    ...tradingStates.map(({ account }) => `state ${account}`),
    ...limits.map(({ scope, subject }) => `limits ${scope} ${subject}`),
  ];
}
