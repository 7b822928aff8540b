import type { Worker } from 'node:worker_threads';
import type { BrokerAccount } from '../../config/accounts.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { UpstreamMode } from '../../domain/ports.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import { CONTROL } from '../../shm/layout/meters.ts';
import type {
  FromIngest,
  OrderText,
  SharedBlocks,
  ThreadBasics,
  ToIngest,
  UpstreamSocket,
} from '../messages.ts';
import { spawnThread } from '../spawn.ts';
import type { ThreadContext } from '../thread-context.ts';
import type { DemandChange } from './demand-book.ts';
import { tidyAfterIngest } from './ingest-remains.ts';
import { SupervisedThread } from './supervised-thread.ts';

const STOP_GRACE_MS = 2_000;

export interface IngestDeskOptions extends ThreadContext {
  blocks: SharedBlocks;
  table: InstrumentTable;
  /** Everything in demand, for a thread that has just started. */
  demand(): readonly DemandChange[];
  onUpstream: (sockets: UpstreamSocket[]) => void;
  onOrderText(text: OrderText): void;
  /** The thread has ended unasked. */
  onDeath: () => void;
  onFailedStart: (error: TickerError) => void;
}

/** The ingest thread, and what it is told. */
export class IngestDesk {
  readonly #options: IngestDeskOptions;
  #thread: SupervisedThread<ToIngest, FromIngest> | undefined;

  constructor(options: IngestDeskOptions) {
    this.#options = options;
  }

  /** The running thread, for fault tests. */
  get worker(): Worker | undefined {
    return this.#thread?.worker;
  }

  /** Resolves when it runs. */
  async start(basics: ThreadBasics, all: readonly BrokerAccount[]): Promise<void> {
    const { blocks, clock, logger, onFailedStart } = this.#options;
    const accounts = all
      .filter(({ marketData }) => marketData)
      .map((account) => ({ ...account, orderUpdates: account.trading }));
    const orderAccounts = all.filter(({ marketData, trading }) => trading && !marketData);
    await new Promise<void>((resolve) => {
      const thread = new SupervisedThread<ToIngest, FromIngest>({
        name: 'ingest',
        clock,
        logger,
        spawn: () => spawnThread('ingest', { ...basics, blocks, accounts, orderAccounts }),
        onMessage: (message) => {
          if (message.type === 'started') {
            thread.markReady();
            this.postDemand(this.#options.demand());
            resolve();
          } else {
            this.#onMessage(message);
          }
        },
        onDeath: () => this.#onDeath(),
        onFailedStart: (code, detail) => onFailedStart(new TickerError(code, detail)),
      });
      this.#thread = thread;
      thread.start();
    });
  }

  postDemand(changes: readonly DemandChange[]): void {
    const { tokens } = this.#options.table;
    const told = changes.map(({ row, mode }): { token: number; mode: UpstreamMode } => ({
      token: tokens[row] ?? 0,
      mode,
    }));
    this.#thread?.post({ type: 'demand', changes: told });
  }

  async stop(): Promise<void> {
    await this.#thread?.stop({ type: 'stop' }, STOP_GRACE_MS);
  }

  #onMessage(message: FromIngest): void {
    if (message.type === 'upstream') this.#options.onUpstream(message.sockets);
    else if (message.type === 'order-text') this.#options.onOrderText(message);
  }

  #onDeath(): void {
    const { blocks, table, meters, onUpstream, onDeath } = this.#options;
    tidyAfterIngest(blocks, table);
    meters.add(CONTROL.RESTARTS_INGEST, 1);
    onUpstream([]);
    onDeath();
  }
}
