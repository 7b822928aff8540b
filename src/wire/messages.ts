/**
 * JSON messages of `/ws/ticks`, as types. Both subprotocols use them for control; `ticks` replaces
 * the binary frame in `ticker.v1.json`.
 */

export const SUBPROTOCOL_BINARY = 'ticker.v1.fbs';
export const SUBPROTOCOL_JSON = 'ticker.v1.json';

export type ModeName = 'ltp' | 'compact' | 'quote' | 'full';

export interface ChainRequest {
  /** NIFTY, BANKNIFTY, RELIANCE, ... */
  underlying: string;
  /** IST day `yyyy-mm-dd`; left out: the nearest. */
  expiry?: string;
  /** Strikes on each side of the money, or all of them. */
  strikes: number | 'all';
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
}

export type ClientMessage =
  | ({ id: number; type: 'subscribe' } & SubscriptionItem)
  | ({ id: number; type: 'unsubscribe' } & Pick<SubscriptionItem, 'instruments' | 'chain'>)
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
  limits: Record<string, number>;
}

export interface TicksMessage {
  type: 'ticks';
  epoch: string;
  /** Epoch us. */
  sent_time: number;
  through: number;
  ticks: TickObject[];
}

export type ServerMessage =
  | HelloMessage
  | { id: number; type: 'subscribed'; results: SubscriptionResult[] }
  | { id: number; type: 'unsubscribed'; results: SubscriptionResult[] }
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
