import type {
  JournalEntry,
  JournalState,
  OrderJournal,
  OrderParts,
  TimedAuditEvent,
} from '../../../src/domain/order-journal.ts';
import type { OrderRecord } from '../../../src/domain/order-record.ts';
import type { MemoryOrderJournal } from '../../support/memory-order-journal.ts';
import { never, type ProcessLife } from './process-life.ts';

/** The journal as one process sees it: nothing reaches it and nothing is heard after the end. */
export class MortalJournal implements OrderJournal {
  readonly #journal: MemoryOrderJournal;
  readonly #life: ProcessLife;

  constructor(journal: MemoryOrderJournal, life: ProcessLife) {
    this.#journal = journal;
    this.#life = life;
  }

  get isWritable(): boolean {
    return this.#life.isAlive && this.#journal.isWritable;
  }

  load(sinceUs: number, nowUs: number): Promise<JournalState> {
    return this.#heard(this.#journal.load(sinceUs, nowUs));
  }

  async append(entry: JournalEntry): Promise<void> {
    if (!this.#life.take('append')) return never();
    await this.#heard(this.#journal.append(entry));
    if (!this.#life.take('appended')) await never();
  }

  findOrder(id: string): Promise<OrderRecord | undefined> {
    return this.#heard(this.#journal.findOrder(id));
  }

  orderParts(orderId: string): Promise<OrderParts> {
    return this.#heard(this.#journal.orderParts(orderId));
  }

  orderEvents(orderId: string): Promise<TimedAuditEvent[]> {
    return this.#heard(this.#journal.orderEvents(orderId));
  }

  async #heard<Value>(answer: Promise<Value>): Promise<Value> {
    try {
      const value = await answer;
      return this.#life.isAlive ? value : await never<Value>();
    } catch (error) {
      if (!this.#life.isAlive) return never();
      throw error;
    }
  }
}
