import type { Clock } from '../domain/clock.ts';
import {
  bitNames,
  FORWARD_SOURCE_NAMES,
  GREEKS_STATUS_NAMES,
  QUALITY,
  SMILE_STATUS_NAMES,
} from '../domain/status.ts';
import type { ChainFigures, ChainTable } from '../shm/chain-table.ts';
import type { InstrumentTable } from '../shm/instrument-table.ts';
import type { LastValueTable } from '../shm/last-value-table.ts';
import type { ChainMessage, LegLiquidity } from '../wire/messages.ts';
import type { Delivery } from './delivery.ts';
import { liquidityOfRow } from './leg-liquidity.ts';
import type { ClientSession } from './session.ts';
import type { FollowedChain } from './subscriptions.ts';

/** Between two chains: one record takes up to half a millisecond, ticks come first. */
const PAUSE_MS = 10;

export interface ChainRecordsOptions {
  clock: Clock;
  table: InstrumentTable;
  chains: ChainTable;
  lastValues: LastValueTable;
  delivery: Delivery;
}

/** A chain and those who follow it. */
interface Audience {
  name: string;
  chain: FollowedChain;
  sessions: ClientSession[];
}

/** Sends the analytics of every followed chain, chain by chain, to those who follow it. */
export class ChainRecords {
  readonly #options: ChainRecordsOptions;
  /** Chains of this second that are still to be sent; the next one is the last. */
  #due: Audience[] = [];

  constructor(options: ChainRecordsOptions) {
    this.#options = options;
  }

  /** A second has begun. With more chains than a second has pauses, rounds take longer. */
  second(sessions: Iterable<ClientSession>): void {
    if (this.#due.length > 0) return;
    const audiences = new Map<string, Audience>();
    for (const session of sessions) {
      for (const [name, chain] of session.chains) {
        const audience = audiences.get(name);
        if (audience === undefined) audiences.set(name, { name, chain, sessions: [session] });
        else audience.sessions.push(session);
      }
    }
    this.#due = [...audiences.values()];
    this.#next();
  }

  #next(): void {
    let isSent = false;
    while (!isSent) {
      const audience = this.#due.pop();
      if (audience === undefined) return;
      isSent = this.#send(audience);
    }
    if (this.#due.length > 0) this.#options.clock.setTimeout(() => this.#next(), PAUSE_MS).unref();
  }

  /** False: there is nothing to send. */
  #send({ name, chain, sessions }: Audience): boolean {
    const { table, chains, delivery } = this.#options;
    const number = chain.row < 0 ? -1 : table.chains[chain.row]!;
    const figures = number < 0 ? undefined : chains.read(number);
    if (figures === undefined) return false;
    // Whoever follows a chain under this name has the same contracts of it.
    const rows = sessions.map((session) => rowsOf(session, name)).find((list) => list.length > 0);
    const text = JSON.stringify(recordOf(chain, figures, this.#liquidity(rows ?? [])));
    for (const { connection, chains: followed } of sessions) {
      if (connection.closed || connection.behind !== undefined || !followed.has(name)) continue;
      delivery.sendText(connection, text);
    }
    return true;
  }

  #liquidity(rows: readonly number[]): LegLiquidity[] {
    const { table, lastValues } = this.#options;
    return rows.flatMap((row) => {
      const measures = liquidityOfRow(lastValues, row);
      if (measures === undefined) return [];
      const { spread, spreadPercent, mid, microprice, imbalancePercent, bookPressure } = measures;
      return [
        {
          token: table.tokens[row]!,
          spread: rounded(spread),
          spread_percent: rounded(spreadPercent),
          mid: rounded(mid),
          microprice: rounded(microprice),
          imbalance_percent: rounded(imbalancePercent),
          book_pressure: rounded(bookPressure),
          impact_100: rounded(measures.impact100),
          impact_500: rounded(measures.impact500),
          score: Math.round(measures.score * 100) / 100,
          tier: measures.tier,
        },
      ];
    });
  }
}

/** Rows of the contracts that a session has by the chain of this name. */
function rowsOf({ connection }: ClientSession, name: string): number[] {
  const rows: number[] = [];
  for (const [row, subscription] of connection.subscriptions) {
    if (subscription.hasSource(name)) rows.push(row);
  }
  return rows;
}

function recordOf(
  { key }: FollowedChain,
  figures: ChainFigures,
  liquidity: LegLiquidity[],
): ChainMessage {
  return {
    type: 'chain',
    chain: key,
    time: Math.round(figures.timeUs),
    status: GREEKS_STATUS_NAMES[figures.status] ?? '',
    forward: orNull(figures.forward),
    forward_source: FORWARD_SOURCE_NAMES[figures.forwardSource] ?? '',
    quality: bitNames(QUALITY, figures.quality),
    time_to_expiry: figures.timeYears,
    atm_volatility: orNull(figures.atmVolatility),
    smile: {
      status: SMILE_STATUS_NAMES[figures.smileStatus] ?? '',
      a: orNull(figures.smileA),
      b: orNull(figures.smileB),
      rho: orNull(figures.smileRho),
      m: orNull(figures.smileM),
      sigma: orNull(figures.smileSigma),
      rms_error_points: orNull(100 * figures.smileError),
      points: figures.smilePoints,
    },
    risk_reversal_25: orNull(figures.riskReversal25),
    butterfly_25: orNull(figures.butterfly25),
    put_call_oi: orNull(figures.putCallOpenInterest),
    put_call_volume: orNull(figures.putCallVolume),
    max_pain: orNull(figures.maxPain),
    gamma_exposure: orNull(figures.gammaExposure),
    liquidity,
  };
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** To a millionth; NaN is null. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 1e6) / 1e6 : null;
}
