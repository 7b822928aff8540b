import type { Clock } from '../../domain/clock.ts';
import { TickerError } from '../../domain/error-codes.ts';
import type { Instrument, NamedInstrument } from '../../domain/instrument.ts';
import { isOption } from '../../domain/instrument.ts';
import type {
  ChainKey,
  ChainResolution,
  InstrumentDirectory,
  InstrumentSearch,
  Resolution,
} from '../../domain/ports.ts';
import { isDeltaBand, type StrikeChoice } from '../../domain/strike-choice.ts';
import type { InstrumentRegistry, OptionChain, Underlying } from '../../instruments/registry.ts';
import { instrumentRecord, searchInstruments } from '../../instruments/search.ts';
import type { InstrumentTable } from '../../shm/instrument-table.ts';
import type { LastValueTable } from '../../shm/last-value-table.ts';
import type { ToPublish } from '../messages.ts';
import { ChainWindows } from './chain-windows.ts';
import type { DemandBook } from './demand-book.ts';
import type { Money } from './money.ts';
import type { RowAllocator } from './row-allocator.ts';
import { StrikeDeltas } from './strike-deltas.ts';

/**
 * How long a chain request waits for its underlying's first price before it guesses the money, and
 * one by delta for the first Greeks.
 */
const FIRST_PRICE_MS = 2_000;
const PRICE_CHECK_MS = 10;
const FULL = 3;

export interface InstrumentDeskOptions {
  registry: InstrumentRegistry;
  table: InstrumentTable;
  rows: RowAllocator;
  demand: DemandBook;
  money: Money;
  lastValues: LastValueTable;
  clock: Clock;
}

/**
 * Answers what clients ask about instruments, and sees to it that what they get is in the tables.
 */
export class InstrumentDesk implements InstrumentDirectory {
  readonly windows: ChainWindows;
  readonly #options: InstrumentDeskOptions;
  /** Chains whose first Greeks a request waits for. */
  readonly #awaited = new Set<OptionChain>();

  constructor(options: InstrumentDeskOptions) {
    this.#options = options;
    const { registry, money, table, lastValues, demand } = options;
    const deltas = new StrikeDeltas(table, lastValues, (row) => demand.modeOf(row) > 0);
    this.windows = new ChainWindows(registry, money, deltas);
  }

  resolveInstruments(requests: (string | number)[]): Promise<Resolution<string | number>[]> {
    const { registry } = this.#options;
    const results = requests.map((request): Resolution<string | number> => {
      const instrument =
        typeof request === 'number' ? registry.byToken(request) : registry.bySymbol(request);
      if (instrument === undefined) return { request, ok: false, code: 'UNKNOWN_INSTRUMENT' };
      return this.#take(request, instrument);
    });
    return Promise.resolve(results);
  }

  async resolveChain(request: {
    underlying: string;
    expiry?: string;
    strikes: StrikeChoice;
  }): Promise<ChainResolution> {
    const underlying = this.#underlying(request.underlying);
    const expiry = request.expiry ?? underlying.chains[0]?.expiry;
    const chain = underlying.chains.find((candidate) => candidate.expiry === expiry);
    if (expiry === undefined || chain === undefined) {
      const known = underlying.chains.map((listed) => listed.expiry).join(', ');
      throw new TickerError(
        'UNKNOWN_EXPIRY',
        `${underlying.name} has options of ${known || 'none'}`,
      );
    }
    const key: ChainKey = { underlying: underlying.name, expiry, strikes: request.strikes };
    if (request.strikes !== 'all') await this.#firstPrice(underlying);
    if (isDeltaBand(request.strikes)) await this.#firstDeltas(chain);
    const contracts = this.windows.contracts(key);
    return { chain: key, results: contracts.map((contract) => this.#take(key, contract)) };
  }

  /** Follows the money: what has entered and left the windows of followed chains. */
  moveWindows(): Extract<ToPublish, { type: 'chain-changed' }>[] {
    return this.windows.refresh().map(({ key, added, removed }) => ({
      type: 'chain-changed',
      chain: key,
      added: added.map((contract) => this.#take(key, contract)),
      removedRows: removed.map(({ token }) => this.#options.table.find(token)),
    }));
  }

  /** What is known of each token; null: nothing. */
  describeInstruments(tokens: readonly number[]): (NamedInstrument | null)[] {
    const { registry } = this.#options;
    return tokens.map((token) => {
      const instrument = registry.byToken(token);
      return instrument === undefined ? null : registry.named(instrument);
    });
  }

  searchInstruments(query: InstrumentSearch): string {
    const { total, instruments } = searchInstruments(this.#options.registry, query);
    const { limit, offset } = query;
    return JSON.stringify({ instruments: instruments.map(instrumentRecord), total, limit, offset });
  }

  /** `id`: token or EXCHANGE:SYMBOL. */
  findInstrument(id: string): string {
    const { registry } = this.#options;
    const instrument = /^\d+$/.test(id) ? registry.byToken(Number(id)) : registry.bySymbol(id);
    if (instrument === undefined)
      throw new TickerError('UNKNOWN_INSTRUMENT', `no instrument ${id}`);
    return JSON.stringify(instrumentRecord(instrument));
  }

  listExpiries(name: string): string {
    const underlying = this.#underlying(name);
    const expiries = new Set(underlying.chains.map((chain) => chain.expiry));
    for (const { expiry } of underlying.futures) if (expiry !== null) expiries.add(expiry);
    return JSON.stringify({ underlying: name, expiries: [...expiries].sort() });
  }

  /** Puts the indices that have options into demand: without their price no chain has a centre. */
  demandBase(): void {
    const { registry, rows, demand } = this.#options;
    for (const { spot, chains } of registry.underlyings) {
      if (spot?.type !== 'INDEX' || chains.length === 0) continue;
      const row = rows.rowOf(spot);
      if (row >= 0) demand.set('base', row, FULL);
    }
  }

  /**
   * Puts into demand what the forwards of the chains in use depend on: spot, futures, and both legs
   * of the strikes around the money.
   */
  demandForwards(): void {
    const { demand, rows, registry } = this.#options;
    const wanted = new Set<number>();
    const add = (instrument: Instrument | undefined) => {
      const row = instrument === undefined ? -1 : rows.rowOf(instrument);
      if (row >= 0) wanted.add(row);
    };
    for (const { underlying, expiry } of this.#chainsInUse()) {
      const facts = registry.underlying(underlying);
      const chain = this.windows.find(underlying, expiry);
      if (facts === undefined || chain === undefined) continue;
      add(facts.spot);
      const { own, other } = rows.futuresOf(facts, expiry);
      add(own);
      add(other);
      for (const contract of this.windows.forwardContracts(chain)) add(contract);
    }
    for (const row of demand.wantedBy('forwards').keys()) {
      if (!wanted.has(row)) demand.set('forwards', row, 0);
    }
    for (const row of wanted) if (demand.reserve(row)) demand.set('forwards', row, FULL);
  }

  /** Underlying and expiry of every option that a client wants, and of what goes by delta. */
  #chainsInUse(): { underlying: string; expiry: string }[] {
    const { demand, registry, table } = this.#options;
    const chains = new Map<string, { underlying: string; expiry: string }>();
    for (const row of demand.wantedBy('clients').keys()) {
      const instrument = registry.byToken(table.tokens[row] ?? 0);
      if (instrument === undefined || !isOption(instrument.type)) continue;
      const underlying = registry.underlyingName(instrument);
      const expiry = instrument.expiry ?? '';
      chains.set(`${underlying}|${expiry}`, { underlying, expiry });
    }
    for (const chain of [...this.#awaited, ...this.windows.chainsByDelta]) {
      chains.set(`${chain.underlying}|${chain.expiry}`, chain);
    }
    return [...chains.values()];
  }

  #take<Request>(request: Request, instrument: Instrument): Resolution<Request> {
    const subscribable = this.#options.rows.subscribable(instrument);
    if (subscribable === undefined || !this.#options.demand.reserve(subscribable.row)) {
      return { request, ok: false, code: 'CAPACITY_EXCEEDED' };
    }
    return { request, ok: true, instrument: subscribable };
  }

  #underlying(name: string): Underlying {
    const underlying = this.#options.registry.underlying(name);
    if (underlying === undefined) {
      throw new TickerError('UNKNOWN_UNDERLYING', `nothing is listed on ${JSON.stringify(name)}`);
    }
    return underlying;
  }

  /** Waits, not for ever, until the underlying has a price, asking the broker for it if need be. */
  async #firstPrice(underlying: Underlying): Promise<void> {
    const { money, rows, demand } = this.#options;
    if (money.underlyingPrice(underlying) > 0) return;
    const source = underlying.spot ?? underlying.futures[0];
    const row = source === undefined ? -1 : rows.rowOf(source);
    if (row >= 0 && demand.reserve(row)) demand.set('base', row, FULL);
    await this.#waitFor(() => money.underlyingPrice(underlying) > 0);
  }

  /** Waits, not for ever, until an option of the chain has Greeks. */
  async #firstDeltas(chain: OptionChain): Promise<void> {
    if (this.windows.hasDeltas(chain)) return;
    this.#awaited.add(chain);
    this.demandForwards();
    await this.#waitFor(() => this.windows.hasDeltas(chain));
    this.#awaited.delete(chain);
  }

  async #waitFor(isThere: () => boolean): Promise<void> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + FIRST_PRICE_MS;
    await new Promise<void>((resolve) => {
      const timer = clock.setInterval(() => {
        if (!isThere() && clock.monotonicMs() < deadlineMs) return;
        timer.cancel();
        resolve();
      }, PRICE_CHECK_MS);
    });
  }
}
