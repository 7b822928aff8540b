import type { Clock, TimerHandle } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { Connection } from './connection.ts';

/** Connections of a pool at one moment. */
export interface PoolGauges {
  /** Allowed. */
  max: number;
  /** In use, connections that are being made included. */
  used: number;
  /** Callers that wait for one. */
  waiting: number;
}

interface PoolOptions {
  max: number;
  /** How long a caller waits for a free connection. */
  waitMs: number;
  clock: Clock;
  /** Makes a connection that calls `onLost` when it ends. */
  open: (onLost: (connection: Connection) => void) => Promise<Connection>;
}

interface Waiter {
  proceed: () => void;
  refuse: (error: TickerError) => void;
  timer: TimerHandle;
}

/** Lends connections, each to one caller at a time; makes them when they are needed. */
export class Pool {
  readonly #options: PoolOptions;
  /** The one that was used last is used next. */
  readonly #idle: Connection[] = [];
  readonly #lent = new Set<Connection>();
  readonly #waiters: Waiter[] = [];
  #used = 0;
  #closed = false;
  #onDrained: (() => void) | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  gauges(): PoolGauges {
    return { max: this.#options.max, used: this.#used, waiting: this.#waiters.length };
  }

  /**
   * Lends a connection to `use`. Rejects with DATABASE_BUSY if none becomes free in time, with
   * DATABASE_UNAVAILABLE if none can be made, and with what `use` rejects with.
   */
  async with<Result>(use: (connection: Connection) => Promise<Result>): Promise<Result> {
    await this.#takePermit();
    try {
      const connection = this.#idle.pop() ?? (await this.#open());
      this.#lent.add(connection);
      try {
        return await use(connection);
      } finally {
        this.#lent.delete(connection);
        if (!connection.isLost) this.#idle.push(connection);
      }
    } finally {
      this.#returnPermit();
    }
  }

  /** Lends no more, waits at most `graceMs` for what is lent, then ends everything. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiters.splice(0)) {
      waiter.timer.cancel();
      waiter.refuse(closedError());
    }
    if (this.#used > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.setTimeout(resolve, graceMs);
        this.#onDrained = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    for (const connection of this.#lent) connection.destroy();
    await Promise.allSettled(this.#idle.splice(0).map((connection) => connection.close()));
  }

  async #open(): Promise<Connection> {
    const connection = await this.#options.open((lost) => {
      const index = this.#idle.indexOf(lost);
      if (index >= 0) this.#idle.splice(index, 1);
    });
    if (this.#closed) {
      connection.destroy();
      throw closedError();
    }
    return connection;
  }

  async #takePermit(): Promise<void> {
    if (this.#closed) throw closedError();
    const { max, waitMs, clock } = this.#options;
    if (this.#used < max) {
      this.#used += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        proceed: resolve,
        refuse: reject,
        timer: clock.setTimeout(() => {
          this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
          const detail = `all ${max} database connections were in use for ${waitMs} ms`;
          reject(new TickerError('DATABASE_BUSY', detail));
        }, waitMs),
      };
      this.#waiters.push(waiter);
    });
  }

  #returnPermit(): void {
    const next = this.#waiters.shift();
    if (next !== undefined) {
      // The permit passes on.
      next.timer.cancel();
      next.proceed();
      return;
    }
    this.#used -= 1;
    if (this.#used === 0) this.#onDrained?.();
  }
}

function closedError(): TickerError {
  return new TickerError('DATABASE_UNAVAILABLE', 'the connections to the database are closed');
}
