import { errorText, TickerError } from '../../../domain/error-codes.ts';
import { DatabaseError } from '../database-error.ts';
import type { JournalRows } from './journal-rows.ts';

interface Waiting {
  rows: JournalRows;
  resolve: () => void;
  reject: (error: TickerError) => void;
}

export interface AppendQueueOptions {
  /** Resolves when the group is durable. */
  commit: (group: readonly JournalRows[]) => Promise<void>;
  onCommitted: () => void;
  /** Nobody knows what became of a commit, or the next one would fail too. */
  onBroken: (error: TickerError) => void;
}

/** Of one commit. */
const GROUP_MAX = 256;
const GROUP_SIZE_MAX = 2 ** 20;

/**
 * Entries on their way into the journal, in the order of the calls. One goes at once if nothing is
 * under way; those that come while a commit runs share the next one.
 */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  #waiting: Waiting[] = [];
  #isRunning = false;
  #onDrained: (() => void)[] = [];

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  append(rows: JournalRows): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ rows, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  /** Rejects all that waits; what is under way tells itself. */
  refuse(error: TickerError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(unavailable(error));
  }

  /** Resolves when nothing is under way. */
  async drained(): Promise<void> {
    if (!this.#isRunning) return;
    await new Promise<void>((resolve) => this.#onDrained.push(resolve));
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) await this.#commitGroup(this.#takeGroup());
    this.#isRunning = false;
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }

  /** The first ones, as many as one statement can take: no row twice. */
  #takeGroup(): Waiting[] {
    const keys = new Set<string>();
    let size = 0;
    let count = 0;
    for (const { rows } of this.#waiting) {
      size += rows.size;
      if (count === GROUP_MAX || (count > 0 && size > GROUP_SIZE_MAX)) break;
      if (rows.keys.some((key) => keys.has(key))) break;
      for (const key of rows.keys) keys.add(key);
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #commitGroup(group: Waiting[]): Promise<void> {
    try {
      await this.#options.commit(group.map(({ rows }) => rows));
    } catch (error) {
      await this.#onFailed(group, error);
      return;
    }
    this.#options.onCommitted();
    for (const { resolve } of group) resolve();
  }

  async #onFailed(group: Waiting[], error: unknown): Promise<void> {
    const [first] = group;
    if (!isRefusal(error)) {
      for (const { reject } of group) reject(unavailable(error));
      this.#options.onBroken(error instanceof TickerError ? error : unavailable(error));
    } else if (group.length === 1) {
      first?.reject(refusal(error));
    } else {
      // Something is wrong with one of them, which must not cost the others their place.
      await this.#commitSingly(group);
    }
  }

  async #commitSingly(group: Waiting[]): Promise<void> {
    let broken: TickerError | undefined;
    for (const one of group) {
      if (broken !== undefined) {
        one.reject(unavailable(broken));
        continue;
      }
      try {
        await this.#options.commit([one.rows]);
      } catch (error) {
        if (isRefusal(error)) {
          one.reject(refusal(error));
          continue;
        }
        broken = unavailable(error);
        one.reject(broken);
        this.#options.onBroken(error instanceof TickerError ? error : broken);
        continue;
      }
      this.#options.onCommitted();
      one.resolve();
    }
  }
}

/** The statement itself is refused: nothing of it was done, and the session is as it was. */
function isRefusal(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code === 'DATABASE_REFUSED';
}

function refusal(error: DatabaseError): TickerError {
  if (error.constraint === 'orders_client_order_id') {
    return new TickerError('CLIENT_ORDER_ID_USED', undefined, { cause: error });
  }
  return unavailable(error);
}

function unavailable(cause: unknown): TickerError {
  return new TickerError('JOURNAL_UNAVAILABLE', errorText(cause), { cause });
}
