import { createHash } from 'node:crypto';
import { type AuditHead, chainEvent, storableEvent } from '../../src/domain/audit-chain.ts';
import { TickerError } from '../../src/domain/error-codes.ts';
import { type JournalEntry, type JournalState, mayChange } from '../../src/domain/order-journal.ts';
import type { OrderJournal, OrderParts, TimedAuditEvent } from '../../src/domain/order-journal.ts';
import type { OrderRecord } from '../../src/domain/order-record.ts';
import type { RecordedAuditEvent } from '../../src/domain/storage.ts';
import { requireFirstState, requireLegalStep } from './intent-steps.ts';

/** keep: as it should. before: not kept, rejected. after: kept, and rejected all the same. */
export type AppendFate = 'keep' | 'before' | 'after';

/** All that is durable, by id. */
interface Kept {
  orders: Map<string, OrderRecord>;
  operations: Map<string, JournalState['operations'][number]>;
  trades: Map<string, JournalState['trades'][number]>;
  idempotency: Map<string, JournalState['idempotency'][number]>;
  tradingStates: Map<string, JournalState['tradingStates'][number]>;
  limits: Map<string, JournalState['limits'][number]>;
  events: RecordedAuditEvent[];
}

interface Waiting {
  entry: JournalEntry;
  resolve: () => void;
  reject: (error: TickerError) => void;
}

/**
 * An order journal in memory that keeps what the real one keeps and refuses what it refuses. What
 * it is given and what it gives are copies, as JSON. Fails when it is told to.
 */
export class MemoryOrderJournal implements OrderJournal {
  /** Decides on each append, unless `failNext` has; may take its time. */
  fate: (entry: JournalEntry) => AppendFate | Promise<AppendFate> = () => 'keep';
  isWritable = true;
  /** Entries in the order in which they became durable. */
  readonly entries: JournalEntry[] = [];
  readonly #kept: Kept;
  readonly #waiting: Waiting[] = [];
  readonly #nextFates: AppendFate[] = [];
  #isRunning = false;
  #isCrashed = false;
  #hold: Promise<void> | undefined;

  constructor(kept: Kept = emptyKept()) {
    this.#kept = kept;
  }

  /** The chained audit record. */
  get events(): readonly RecordedAuditEvent[] {
    return this.#kept.events;
  }

  /** The order that is durable under a tag. */
  findByTag(tag: string): OrderRecord | undefined {
    for (const order of this.#kept.orders.values()) if (order.tag === tag) return order;
    return undefined;
  }

  /** What becomes of the next appends, one each; `fate` decides on those after them. */
  failNext(...fates: AppendFate[]): void {
    this.#nextFates.push(...fates);
  }

  /** Commits nothing until the function that it returns is called. */
  hold(): () => void {
    let release: () => void = () => undefined;
    this.#hold = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /**
   * The process is gone: nothing more is heard from this journal and nothing more is kept. Returns
   * the journal of the next process, with what was durable.
   */
  crash(): MemoryOrderJournal {
    this.#isCrashed = true;
    this.isWritable = false;
    return new MemoryOrderJournal(this.#kept);
  }

  async load(sinceUs: number, nowUs: number): Promise<JournalState> {
    if (!this.isWritable) throw new TickerError('ORDERS_ELSEWHERE');
    const kept = this.#kept;
    const orders = [...kept.orders.values()].filter(
      (order) => order.createdUs >= sinceUs || mayChange(order),
    );
    const ids = new Set(orders.map(({ id }) => id));
    return copy({
      orders,
      operations: [...kept.operations.values()].filter(
        ({ orderId, createdUs }) => createdUs >= sinceUs || ids.has(orderId),
      ),
      trades: [...kept.trades.values()].filter(
        ({ orderId, fillTimeS }) =>
          fillTimeS === null ||
          fillTimeS * 1e6 >= sinceUs ||
          (orderId !== null && ids.has(orderId)),
      ),
      idempotency: [...kept.idempotency.values()].filter(({ expiresUs }) => expiresUs > nowUs),
      tradingStates: [...kept.tradingStates.values()],
      limits: [...kept.limits.values()],
    });
  }

  append(entry: JournalEntry): Promise<void> {
    if (this.#isCrashed) return new Promise(() => undefined);
    if (!this.isWritable) return Promise.reject(unavailable('it is not writable'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry: copy(entry), resolve, reject });
      void this.#run();
    });
  }

  async findOrder(id: string): Promise<OrderRecord | undefined> {
    const order = this.#kept.orders.get(id);
    return order && copy(order);
  }

  async orderParts(orderId: string): Promise<OrderParts> {
    const { operations, trades } = this.#kept;
    const isOf = (each: { orderId: string | null }): boolean => each.orderId === orderId;
    return copy({
      operations: [...operations.values()].filter(isOf),
      trades: [...trades.values()].filter(isOf),
    });
  }

  async orderEvents(orderId: string): Promise<TimedAuditEvent[]> {
    return this.#kept.events
      .filter(({ subject }) => subject === orderId)
      .map(({ timeMs, actor, action, subject, origin, detail }) =>
        copy({ timeUs: timeMs * 1000, actor, action, subject, origin, detail }),
      );
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (;;) {
      await this.#hold;
      const next = this.#waiting.shift();
      if (next === undefined) break;
      await this.#commit(next);
    }
    this.#isRunning = false;
  }

  async #commit({ entry, resolve, reject }: Waiting): Promise<void> {
    const fate = this.#nextFates.shift() ?? (await this.fate(entry));
    if (this.#isCrashed) return;
    try {
      if (fate !== 'before') keep(this.#kept, entry, this.entries);
    } catch (error) {
      // Only this one is wrong: what waits behind it is not touched.
      reject(error as TickerError);
      return;
    }
    if (fate === 'keep') {
      resolve();
      return;
    }
    reject(unavailable(`scripted, ${fate} the commit`));
    for (const behind of this.#waiting.splice(0))
      behind.reject(unavailable('one before it failed'));
  }
}

function emptyKept(): Kept {
  return {
    orders: new Map(),
    operations: new Map(),
    trades: new Map(),
    idempotency: new Map(),
    tradingStates: new Map(),
    limits: new Map(),
    events: [],
  };
}

function copy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

function unavailable(detail: string): TickerError {
  return new TickerError('JOURNAL_UNAVAILABLE', detail);
}

/** All of `entry` or nothing. */
function keep(kept: Kept, entry: JournalEntry, entries: JournalEntry[]): void {
  const orders = (entry.orders ?? []).filter((order) => isNews(kept.orders.get(order.id), order));
  const operations = (entry.operations ?? []).filter((operation) =>
    isNews(kept.operations.get(operation.id), operation),
  );
  for (const order of orders) requireUnique(kept, order);
  for (const order of orders) kept.orders.set(order.id, order);
  for (const operation of operations) kept.operations.set(operation.id, operation);
  for (const trade of entry.trades ?? []) {
    kept.trades.set(`${trade.account} ${trade.brokerOrderId} ${trade.tradeId}`, trade);
  }
  for (const { keyId, key } of entry.released ?? []) kept.idempotency.delete(`${keyId} ${key}`);
  for (const use of entry.idempotency ?? []) kept.idempotency.set(`${use.keyId} ${use.key}`, use);
  for (const state of entry.tradingStates ?? []) kept.tradingStates.set(state.account, state);
  for (const limit of entry.limits ?? []) kept.limits.set(`${limit.scope} ${limit.subject}`, limit);
  for (const { timeUs, ...event } of entry.events) {
    const head: AuditHead | undefined = kept.events.at(-1);
    kept.events.push(
      chainEvent(storableEvent(event), Math.floor(timeUs / 1000), head, (text) =>
        createHash('sha256').update(text).digest('hex'),
      ),
    );
  }
  entries.push(entry);
}

type Versioned = Pick<OrderRecord, 'id' | 'intentState' | 'version'>;

function isNews(before: Versioned | undefined, after: Versioned): boolean {
  if (before === undefined) {
    if ('terms' in after) requireFirstState(after);
    return true;
  }
  if (after.version <= before.version) return false;
  requireLegalStep(before, after);
  return true;
}

function requireUnique(
  { orders }: Kept,
  { id, account, clientOrderId, tag, ...rest }: OrderRecord,
): void {
  for (const other of orders.values()) {
    if (other.id === id) continue;
    if (
      clientOrderId !== null &&
      other.account === account &&
      other.clientOrderId === clientOrderId
    ) {
      throw new TickerError('CLIENT_ORDER_ID_USED');
    }
    const isOurs = rest.intentState !== null && other.intentState !== null;
    if (isOurs && other.tag === tag) throw unavailable(`the tag ${tag} is taken`);
  }
}
