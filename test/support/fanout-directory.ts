import { TickerError } from '../../src/domain/error-codes.ts';
import type {
  ChainKey,
  ChainResolution,
  InstrumentDirectory,
  Resolution,
  SubscribableInstrument,
} from '../../src/domain/ports.ts';
import type { StrikeChoice } from '../../src/domain/strike-choice.ts';

/** `symbol` of an option is `NFO:<underlying><strike>CE`; everything else is a share. */
export function testInstrument(row: number, symbol: string): SubscribableInstrument {
  const option = /^NFO:([A-Z]+)(\d+)(CE|PE)$/.exec(symbol);
  return {
    token: 256 * (row + 1) + (option === null ? 1 : 2),
    symbol,
    type: option === null ? 'EQ' : (option[3] as 'CE' | 'PE'),
    strike: option === null ? null : Number(option[2]),
    expiry: option === null ? null : '2026-12-01',
    lotSize: option === null ? 1 : 65,
    priceDivisor: 100,
    row,
  };
}

/** Knows a list of instruments; answers at once, or when the test lets it. */
export class FakeDirectory implements InstrumentDirectory {
  readonly instruments: SubscribableInstrument[] = [];
  /** Contracts of the only chain, NIFTY 2026-12-01, as it would be resolved now. */
  chain: SubscribableInstrument[] = [];
  /** Instruments without room. */
  readonly full = new Set<number>();
  /** What a call rejects with, once. */
  failure: unknown;
  #held: (() => void)[] | undefined;

  /** From now on calls wait. */
  hold(): void {
    this.#held = [];
  }

  /** Calls that wait. */
  get waiting(): number {
    return this.#held?.length ?? 0;
  }

  /** Answers the calls that wait, and again at once from now on. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const answer of held) answer();
  }

  async resolveInstruments(requests: (string | number)[]): Promise<Resolution<string | number>[]> {
    await this.#turn();
    return requests.map((request) => {
      const found = this.instruments.find(
        ({ token, symbol }) => token === request || symbol === request,
      );
      if (found === undefined) return { request, ok: false, code: 'UNKNOWN_INSTRUMENT' };
      return this.#offer(request, found);
    });
  }

  async resolveChain(request: {
    underlying: string;
    expiry?: string;
    strikes: StrikeChoice;
  }): Promise<ChainResolution> {
    await this.#turn();
    const { underlying, expiry = '2026-12-01', strikes } = request;
    if (underlying !== 'NIFTY') throw new TickerError('UNKNOWN_UNDERLYING');
    if (expiry !== '2026-12-01') throw new TickerError('UNKNOWN_EXPIRY');
    const chain: ChainKey = { underlying, expiry, strikes };
    return { chain, results: this.chain.map((instrument) => this.#offer(chain, instrument)) };
  }

  #offer<Request>(request: Request, instrument: SubscribableInstrument): Resolution<Request> {
    if (this.full.has(instrument.row)) return { request, ok: false, code: 'CAPACITY_EXCEEDED' };
    return { request, ok: true, instrument };
  }

  async #turn(): Promise<void> {
    const held = this.#held;
    if (held !== undefined) await new Promise<void>((resolve) => held.push(resolve));
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure as Error;
  }
}
