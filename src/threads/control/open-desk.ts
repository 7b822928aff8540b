import { exchangeCalendar } from '../../domain/calendar.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { PricingBook } from '../../domain/pricing-terms.ts';
import { INSTRUMENTS_PER_SOCKET, SOCKETS_PER_ACCOUNT } from '../../feed/kite/protocol.ts';
import { InstrumentRegistry } from '../../instruments/registry.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { DemandBook, type DemandChange } from './demand-book.ts';
import { InstrumentDesk } from './instrument-desk.ts';
import { Money } from './money.ts';
import { missingFutures } from './named-futures.ts';
import { PriceWatch } from './price-watch.ts';
import { RowAllocator } from './row-allocator.ts';

const INSTRUMENTS_PER_ACCOUNT = INSTRUMENTS_PER_SOCKET * SOCKETS_PER_ACCOUNT;

export interface DeskOptions {
  instruments: readonly Instrument[];
  table: InstrumentTable;
  lastValues: LastValueTable;
  clock: Clock;
  logger: Logger;
  /** Accounts that stream market data. */
  accounts: number;
  pricing: PricingBook;
  greeksWorkers: number;
  onDemand: (changes: DemandChange[]) => void;
}

/** What there is to a day's instruments. */
export interface OpenDesk {
  desk: InstrumentDesk;
  /** What is wanted of them. */
  demand: DemandBook;
  registry: InstrumentRegistry;
  prices: PriceWatch;
}

export function openDesk(options: DeskOptions): OpenDesk {
  const { table, clock } = options;
  const registry = new InstrumentRegistry(options.instruments);
  for (const missing of missingFutures(registry, options.pricing)) {
    const text =
      'the future that the pricing file names is not listed for its underlying: degraded';
    options.logger.warn(missing, text);
  }
  const rows = new RowAllocator({
    table,
    registry,
    calendar: exchangeCalendar,
    pricing: options.pricing,
    workers: options.greeksWorkers,
  });
  const demand = new DemandBook(
    options.accounts * INSTRUMENTS_PER_ACCOUNT,
    () => clock.monotonicMs(),
    options.onDemand,
  );
  const { lastValues } = options;
  const money = new Money(registry, table, lastValues);
  const parts = { registry, table, rows, demand, money, lastValues, clock };
  const prices = new PriceWatch(registry, rows, demand, clock);
  return { desk: new InstrumentDesk(parts), demand, registry, prices };
}
