/**
 * Meters: counters, gauges and histograms of every thread, one block a writer.
 *
 * Meter block, 4608 bytes
 *  off size type field       meaning
 *    0 1024 f64  counters    128 counters and gauges, numbered below
 * 1024 3584 raw  histograms  16 histograms, numbered below
 *
 * Histogram, 224 bytes
 *  off size type field       meaning
 *    0  216 f64  buckets     27 counts; bucket b: values in (2^(b-1), 2^b], the last one above 2^25
 *  216    8 f64  sum         of all values
 */
export const METER_COUNTERS = 128;
export const METER_HISTOGRAMS = 16;
export const HISTOGRAM_BUCKETS = 27;
export const HISTOGRAM_F64 = HISTOGRAM_BUCKETS + 1;
export const METER_BLOCK_F64 = 576;
export const METER_BLOCK_BYTES = METER_BLOCK_F64 * 8;

/** Writer numbers. Greeks worker i writes block GREEKS + i. */
export const METER_WRITER = {
  CONTROL: 0,
  INGEST: 1,
  PUBLISH: 2,
  OLD_CHANNELS: 3,
  ORDERS: 4,
  GREEKS: 5,
} as const;

/** Counters of ingest. Units: ticks, frames, events, bytes; gauges are marked. */
export const INGEST = {
  TICKS: 0,
  FRAMES: 1,
  BYTES: 2,
  HEARTBEATS: 3,
  TEXT_FRAMES: 4,
  SIMULATED_TICKS: 5,
  /** Rejects, by reason. */
  REJECT_UNKNOWN_LENGTH: 8,
  REJECT_TRUNCATED: 9,
  REJECT_TRAILING_BYTES: 10,
  REJECT_UNKNOWN_INSTRUMENT: 11,
  /** Ticks whose Greeks section a late worker still held. */
  SECTIONS_IN_USE: 16,
  /** Ticks with a validation flag, by flag. */
  FLAG_CROSSED_BOOK: 17,
  FLAG_OUT_OF_ORDER: 18,
  FLAG_ZERO_LAST_PRICE: 19,
  FLAG_UNKNOWN_SEGMENT: 20,
  CONNECTS: 24,
  DISCONNECTS: 25,
  CONNECT_FAILURES: 26,
  AUTH_REFUSALS: 27,
  STALLS: 28,
  /** Gauge: instruments subscribed upstream. */
  SUBSCRIBED: 33,
} as const;

/** Counters of a Greeks worker. */
export const GREEKS = {
  TICKS: 0,
  /** Ticks read of other partitions or without Greeks. */
  PASSED: 1,
  SKIPPED: 2,
  OVERRUN: 3,
  NOT_PENDING: 4,
  /** Options whose Greeks were computed again for a moved forward. */
  REPRICED: 5,
  /** Options computed again by the slow reference. */
  REFERENCE_SAMPLES: 6,
  /** What it saw differently: DISAGREEMENT_FIRST + DISAGREEMENT_KINDS. */
  DISAGREEMENT_FIRST: 7,
  /** Options solved, by status: STATUS_FIRST + GREEKS_STATUS. */
  STATUS_FIRST: 16,
  /** Forwards computed, by source: FORWARD_FIRST + FORWARD_SOURCE. */
  FORWARD_FIRST: 40,
  ANOMALY_IV_JUMP: 48,
  ANOMALY_NEGATIVE_TIME_VALUE: 49,
  ANOMALY_CALL_PUT_SPLIT: 50,
} as const;

/** What the reference may see differently, by number. */
export const DISAGREEMENT_KINDS = ['iv', 'delta', 'gamma', 'theta', 'vega', 'rho'] as const;

/** Counters of publish. */
export const PUBLISH = {
  TICKS_READ: 0,
  TICKS_SENT: 1,
  FRAMES_SENT: 2,
  BYTES_SENT: 3,
  SNAPSHOTS_SENT: 4,
  MESSAGES_RECEIVED: 5,
  MESSAGES_REFUSED: 6,
  RING_OVERRUN: 8,
  GREEKS_LATE: 9,
  /** Counted per client. */
  REPRICED_SENT: 10,
  /** Ticks merged into newer ones for slow readers, counted per client. */
  TICKS_MERGED: 11,
  CLIENTS_OPENED: 16,
  CLIENTS_CLOSED: 17,
  CLOSED_TOO_SLOW: 18,
  CLOSED_UNAUTHENTICATED: 19,
  /** Callers refused because their address is locked out. */
  REFUSED_LOCKED_OUT: 20,
  /** Callers that presented a wrong key. */
  WRONG_KEYS: 21,
  CLOSED_KEY_REVOKED: 22,
  /** HTTP answers by class: HTTP_STATUS_FIRST + hundreds of the status. */
  HTTP_STATUS_FIRST: 24,
  /** Gauges. */
  CLIENTS: 32,
  SUBSCRIPTIONS: 33,
  BUFFERED_BYTES: 34,
  GATED_OUT_WORKERS: 35,
  CLIENTS_BEHIND: 36,
  /** 0 healthy, 1 warning, 2 critical, 3 overload. */
  LOAD_LEVEL: 37,
  /** Of the clients of the broker's own protocol. */
  KITE_PACKETS_SENT: 64,
  KITE_FRAMES_SENT: 65,
  KITE_BYTES_SENT: 66,
  /** Ticks left out for a newer one, because the client read slowly. */
  KITE_CONFLATED: 67,
  KITE_HEARTBEATS_SENT: 68,
  KITE_MESSAGES_RECEIVED: 69,
  KITE_MESSAGES_REFUSED: 70,
  KITE_CLIENTS_OPENED: 71,
  KITE_CLIENTS_CLOSED: 72,
  KITE_CLOSED_TOO_SLOW: 73,
  KITE_CLOSED_KEY_REVOKED: 74,
  /** Gauges. */
  KITE_CLIENTS: 80,
  KITE_SUBSCRIPTIONS: 81,
  KITE_BUFFERED_BYTES: 82,
  /** Of the clients of the old protocol. */
  OLD_TICKS_SENT: 96,
  OLD_BYTES_SENT: 97,
  /** Ticks left out for a newer one, because the client read slowly. */
  OLD_CONFLATED: 98,
  OLD_MESSAGES_RECEIVED: 99,
  OLD_MESSAGES_REFUSED: 100,
  OLD_CLIENTS_OPENED: 101,
  OLD_CLIENTS_CLOSED: 102,
  OLD_CLOSED_TOO_SLOW: 103,
  OLD_CLOSED_KEY_REVOKED: 104,
  /** Gauges. */
  OLD_CLIENTS: 108,
  OLD_SUBSCRIPTIONS: 109,
} as const;

/** Counters of old-channels: ticks, unless said. */
export const OLD_CHANNELS = {
  PUBLISHED: 0,
  /** Batches sent. */
  BATCHES: 1,
  /** Dropped because too many waited for Redis. */
  DROPPED: 2,
  /** Sent, and not confirmed by Redis. */
  UNCONFIRMED: 3,
  RING_OVERRUN: 4,
  /** Of instruments that control does not know. */
  UNDESCRIBED: 5,
  /** Gauges. */
  WAITING: 8,
  /** 1: Redis answers, 0: it does not. */
  CONNECTED: 9,
} as const;

/** Counters of orders. */
export const ORDERS = {
  /** Callers that presented a wrong key, or whose address is locked out. */
  WRONG_KEYS: 0,
  REFUSED_LOCKED_OUT: 1,
  /** Order updates of broker sockets: taken, and not understood. */
  HINTS: 2,
  HINTS_BAD: 3,
  /** Appends that the journal refused. */
  JOURNAL_FAILURES: 4,
  /** Prices for checks, by where they came from. */
  PRICES_STREAM: 5,
  PRICES_WAITED: 6,
  PRICES_QUOTE: 7,
  PRICES_NONE: 8,
  /** HTTP answers by class: HTTP_STATUS_FIRST + hundreds of the status. */
  HTTP_STATUS_FIRST: 24,
} as const;

/** Counters of control. */
export const CONTROL = {
  RESTARTS_INGEST: 0,
  RESTARTS_GREEKS: 1,
  RESTARTS_PUBLISH: 2,
  CLAIMS_RELEASED: 3,
  RESTARTS_OLD_CHANNELS: 4,
  RESTARTS_ORDERS: 5,
  /** Gauges. */
  INSTRUMENTS: 8,
  ROWS_USED: 9,
  /** 1: it answers, 0: it does not. */
  DATABASE_UP: 10,
  DATABASE_CONNECTIONS_MAX: 11,
  DATABASE_CONNECTIONS_USED: 12,
  DATABASE_WAITING: 13,
  /** 1: it answers, 0: it does not or there is none. */
  REDIS_UP: 14,
  API_KEYS: 15,
  ACCOUNTS_STORED: 16,
} as const;

/** Gauges that every thread keeps, in the last places: event-loop lag of the last second, us. */
export const LOOP_LAG_P50_US = 120;
export const LOOP_LAG_P99_US = 121;
export const LOOP_LAG_MAX_US = 122;
/** Gauge: rises once a second while the thread's event loop turns. */
export const LOOP_BEAT = 123;

/** Histograms of ingest. */
export const INGEST_HISTOGRAM = {
  /** Time to parse and publish one frame, us. */
  FRAME_US: 0,
  /** Ticks in each whole second. */
  TICKS_PER_SECOND: 1,
} as const;

/** Histograms of a Greeks worker. */
export const GREEKS_HISTOGRAM = {
  /** From receive time to Greeks written, us. */
  AGE_US: 0,
  /** Ticks per batch. */
  BATCH: 1,
} as const;

/** Histograms of publish. */
export const PUBLISH_HISTOGRAM = {
  /** From receive time to the socket, us. */
  AGE_US: 0,
  /** One flush, us. */
  FLUSH_US: 1,
  /** Ticks per flush. */
  FLUSH_TICKS: 2,
  /** HTTP handler time, us. */
  HTTP_US: 3,
} as const;

/** Histograms of orders. */
export const ORDERS_HISTOGRAM = {
  /** HTTP handler time, us. */
  HTTP_US: 0,
  /** From an order write to its answer, us. */
  WRITE_US: 1,
  /** One append to the journal, us. */
  JOURNAL_US: 2,
  /** One call of the broker that changes something, its wait for the budget included, us. */
  BROKER_US: 3,
  /** Wait for a price, us. */
  PRICE_US: 4,
  /** All checks of an order, us. */
  CHECK_US: 5,
} as const;
