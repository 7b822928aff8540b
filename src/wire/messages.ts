/**
 * JSON messages of `/ws/ticks`, as types. Both subprotocols use them for control; `ticks` replaces
 * the binary frame in `ticker.v1.json`.
 */

import type { StrikeChoice } from '../domain/strike-choice.ts';

export const SUBPROTOCOL_BINARY = 'ticker.v1.fbs';
export const SUBPROTOCOL_JSON = 'ticker.v1.json';

export type ModeName = 'ltp' | 'compact' | 'quote' | 'full';

export interface ChainRequest {
  /** NIFTY, BANKNIFTY, RELIANCE, ... */
  underlying: string;
  /** IST day `yyyy-mm-dd`; left out: the nearest. */
  expiry?: string;
  /** So many on each side of the money, all of them, or by |delta|. */
  strikes: StrikeChoice;
}

/** What a subscription asks for. */
export interface SubscriptionItem {
  /** Tokens or EXCHANGE:TRADINGSYMBOL. */
  instruments?: (number | string)[];
  chain?: ChainRequest;
  /** Left out: quote. */
  mode?: ModeName;
  /** Left out: false. */
  greeks?: boolean;
  /** What becomes of ticks while the client reads too slowly. Left out: conflate. */
  policy?: 'conflate' | 'lossless' | 'skip';
  /**
   * How long the service may gather ticks of this connection, ms; the last one named counts. Left
   * out: as it was, `adaptive` at first.
   */
  window_ms?: 0 | 1 | 2 | 5 | 10 | 'adaptive';
}

export type ClientMessage =
  | ({ id: number; type: 'subscribe' } & SubscriptionItem)
  | ({ id: number; type: 'unsubscribe' } & Pick<SubscriptionItem, 'instruments' | 'chain'>)
  | {
      id: number;
      type: 'resume';
      epoch: string;
      /** The last `through` of the connection before. */
      sequence: number;
      subscriptions: SubscriptionItem[];
    }
  | { id: number; type: 'ack'; sequence: number }
  | { id: number; type: 'ping' }
  | { id: number; type: 'auth'; token: string };

/** One line of the answer to a subscribe or unsubscribe. */
export type SubscriptionResult =
  | {
      request: number | string | ChainRequest;
      ok: true;
      token: number;
      symbol: string;
      type: string;
      /** Rupees. */
      strike: number | null;
      expiry: string | null;
      lot_size: number;
      price_divisor: number;
    }
  | { request: number | string | ChainRequest; ok: false; code: string };

export interface HelloMessage {
  type: 'hello';
  session: string;
  /** 16 hex digits. */
  epoch: string;
  /** Where `through` starts. */
  sequence: number;
  heartbeat_ms: number;
  limits: HelloLimits;
}

export interface HelloLimits {
  /** Instruments of one connection. */
  subscriptions: number;
  /** Bytes of one message. */
  message_bytes: number;
  /** Unread bytes at which a reader is closed. */
  buffer_bytes: number;
  /** Of the key, all together. */
  connections: number;
  /** Of one connection, in the long run. */
  messages_per_second: number;
  /** Silence of a connection without a subscription after which it is closed. */
  idle_seconds: number;
  /** How far back `resume` reaches at the present rate of ticks. */
  replay_seconds: number;
}

export interface TicksMessage {
  type: 'ticks';
  epoch: string;
  /** Epoch us. */
  sent_time: number;
  through: number;
  ticks: TickObject[];
}

/** How well an option can be traded now; null: its book does not say. */
export interface LegLiquidity {
  token: number;
  /** Rupees. */
  spread: number | null;
  /** Percent of the mid. */
  spread_percent: number | null;
  mid: number | null;
  microprice: number | null;
  /** Percent: 100 bids alone, -100 asks alone. */
  imbalance_percent: number | null;
  /** -1 to 1. */
  book_pressure: number | null;
  /** Rupees above the mid that buying so many units costs on average. */
  impact_100: number | null;
  impact_500: number | null;
  /** 0 to 100. */
  score: number;
  /** HIGH, MEDIUM, LOW or ILLIQUID. */
  tier: string;
}

/** A fitted smile in raw SVI form. */
export interface SmileObject {
  /** SMILE_STATUS name; the parameters are null unless OK or ARBITRAGE. */
  status: string;
  a: number | null;
  b: number | null;
  rho: number | null;
  m: number | null;
  sigma: number | null;
  /** Root mean square of fitted less quoted volatility, percentage points. */
  rms_error_points: number | null;
  /** Options fitted. */
  points: number;
}

/** What the options of a chain say together, about once a second; docs/PRICING.md defines it. */
export interface ChainMessage {
  type: 'chain';
  chain: ChainRequest;
  /** Epoch us. */
  time: number;
  /** GREEKS_STATUS name: OK, or why the chain has no volatilities. */
  status: string;
  /** Rupees. */
  forward: number | null;
  forward_source: string;
  /** QUALITY bit names. */
  quality: string[];
  /** Years. */
  time_to_expiry: number;
  /** Fraction, as all volatilities. */
  atm_volatility: number | null;
  smile: SmileObject;
  risk_reversal_25: number | null;
  butterfly_25: number | null;
  put_call_oi: number | null;
  put_call_volume: number | null;
  /** Rupees. */
  max_pain: number | null;
  /** Rupees a move of 1 %. */
  gamma_exposure: number | null;
  /** Of the contracts that the client has by this chain, as far as they have a quote. */
  liquidity: LegLiquidity[];
}

/** A segment whose hours the service knows has opened or closed. */
export interface SessionStateMessage {
  type: 'session_state';
  /** NFO or BFO. */
  segment: string;
  state: 'open' | 'closed';
}

export type ServerMessage =
  | HelloMessage
  | SessionStateMessage
  | { id: number; type: 'subscribed'; results: SubscriptionResult[] }
  | { id: number; type: 'unsubscribed'; results: SubscriptionResult[] }
  /** `recovered`: what was missed follows, then replay_completed; else snapshots follow. */
  | { id: number; type: 'resumed'; recovered: boolean; results: SubscriptionResult[] }
  | { type: 'replay_completed'; through: number }
  | { id: number; type: 'pong' }
  | { id: number; type: 'authenticated' }
  | TicksMessage
  | { type: 'heartbeat'; through: number; time: number }
  | { type: 'gap'; from: number; to: number; reason: string }
  | { type: 'upstream_stale'; account: string; since: number }
  | { type: 'slow_reader_warning'; buffered_bytes: number; age_ms: number }
  | {
      type: 'chain_changed';
      chain: ChainRequest;
      added: SubscriptionResult[];
      removed: number[];
    }
  | ChainMessage
  | { type: 'error'; id?: number; code: string; detail: string };

/** One level; an empty one is all zeros, as the broker's own client shows it. */
export interface DepthObject {
  /** Rupees. */
  price: number;
  quantity: number | null;
  /** null in mode compact, which does not carry it. */
  orders: number | null;
}

export interface GreeksObject {
  /** GREEKS_STATUS name. */
  status: string;
  iv: number | null;
  delta: number | null;
  gamma: number | null;
  /** Rupees per calendar day. */
  theta: number | null;
  /** Rupees per percentage point. */
  vega: number | null;
  /** Rupees per percentage point. */
  rho: number | null;
  /** Rupees. */
  forward: number | null;
  iv_own: number | null;
  iv_bid: number | null;
  iv_ask: number | null;
  forward_source: string | null;
  model: string | null;
  /** QUALITY bit names. */
  quality: string[];
  /** Years. */
  time_to_expiry: number | null;
}

/** A tick with the field names of the official KiteTicker 5.3; rupees; undefined is null. */
export interface TickObject {
  instrument_token: number;
  sequence: number;
  instrument_sequence: number;
  merged: number;
  /** TICK_FLAG names. */
  flags: string[];
  mode: ModeName;
  tradable: boolean;
  /** Epoch us. */
  receive_time: number;
  /** Epoch us. */
  exchange_timestamp: number | null;
  last_price: number | null;
  /* From here on: absent where the mode has no such field. */
  last_trade_time?: number | null;
  last_traded_quantity?: number | null;
  average_traded_price?: number | null;
  volume_traded?: number | null;
  total_buy_quantity?: number | null;
  total_sell_quantity?: number | null;
  ohlc?: {
    open: number | null;
    high: number | null;
    low: number | null;
    close: number | null;
  };
  /** Percent against the previous close. */
  change?: number | null;
  oi?: number | null;
  oi_day_high?: number | null;
  oi_day_low?: number | null;
  /** Five levels a side, best first, or one (compact); null: the packet had no depth. */
  depth?: { buy: DepthObject[]; sell: DepthObject[] } | null;
  /** null: not an option. Absent: not requested. */
  greeks?: GreeksObject | null;
}
