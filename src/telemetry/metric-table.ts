/** The unit in which a histogram's values are recorded; its metric has base units. */
export type RecordedUnit = 'microseconds' | 'ticks';

export interface MetricDefinition {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  /** The one label of its series. */
  label?: string;
  /** Histograms only. */
  recorded?: RecordedUnit;
}

/**
 * Every metric of the service, without the prefix `ticker_`. What is not measured does not stand
 * here: `MetricReadings` demands a value for each. No label names an instrument, a client or a key.
 */
export const METRICS = {
  upstream_ticks_total: {
    type: 'counter',
    help: 'Ticks received from the broker and written into the ring.',
  },
  upstream_simulated_ticks_total: {
    type: 'counter',
    help: 'Ticks received that a simulator made.',
  },
  upstream_frames_total: { type: 'counter', help: 'Binary frames received from the broker.' },
  upstream_bytes_total: { type: 'counter', help: 'Bytes of these frames.' },
  upstream_heartbeats_total: { type: 'counter', help: 'Heartbeats received from the broker.' },
  upstream_text_frames_total: { type: 'counter', help: 'Text frames received from the broker.' },
  upstream_packets_rejected_total: {
    type: 'counter',
    help: 'Packets of the broker that did not become ticks, by reason.',
    label: 'reason',
  },
  upstream_trailing_bytes_total: {
    type: 'counter',
    help: 'Bytes of the broker behind the last announced packet of a frame.',
  },
  upstream_ticks_flagged_total: {
    type: 'counter',
    help: 'Ticks received with a validation flag, by flag.',
    label: 'flag',
  },
  upstream_connection_events_total: {
    type: 'counter',
    help: 'What happened to broker connections, by event.',
    label: 'event',
  },
  upstream_sockets: {
    type: 'gauge',
    help: 'Broker sockets, by state.',
    label: 'state',
  },
  upstream_subscribed_instruments: {
    type: 'gauge',
    help: 'Instruments subscribed at the broker.',
  },
  upstream_frame_duration_seconds: {
    type: 'histogram',
    help: 'Time to parse one frame of the broker into the ring.',
    recorded: 'microseconds',
  },
  upstream_ticks_per_second: {
    type: 'histogram',
    help: 'Ticks received in each whole second.',
    recorded: 'ticks',
  },
  ring_lag_ticks: {
    type: 'gauge',
    help: 'Ticks in the ring that a reader has not taken yet, by reader.',
    label: 'reader',
  },
  greeks_total: {
    type: 'counter',
    help: 'Option ticks that the Greeks workers finished, by status.',
    label: 'status',
  },
  greeks_missed_total: {
    type: 'counter',
    help: 'Option ticks that went without their Greeks, by reason.',
    label: 'reason',
  },
  greeks_repriced_total: {
    type: 'counter',
    help: 'Options whose Greeks were computed again because the forward of their chain had moved.',
  },
  greeks_reference_samples_total: {
    type: 'counter',
    help: 'Options computed again by the slow reference.',
  },
  greeks_reference_disagreements_total: {
    type: 'counter',
    help: 'Values of these that the reference does not confirm, by value.',
    label: 'value',
  },
  greeks_anomalies_total: {
    type: 'counter',
    help:
      'Options with a volatility that jumped, an ask below the value of exercise, or call and ' +
      'put at the money that disagree, by kind.',
    label: 'kind',
  },
  greeks_forwards_total: {
    type: 'counter',
    help: 'Forwards computed, by source.',
    label: 'source',
  },
  greeks_age_seconds: {
    type: 'histogram',
    help: 'Age of a tick, since it was received, when its Greeks are written.',
    recorded: 'microseconds',
  },
  greeks_batch_ticks: {
    type: 'histogram',
    help: 'Ticks that a Greeks worker takes at a time.',
    recorded: 'ticks',
  },
  greeks_workers_gated_out: {
    type: 'gauge',
    help: 'Greeks workers so late that publishing does not wait for them.',
  },
  greeks_claims_released_total: {
    type: 'counter',
    help: 'Ticks taken back from Greeks workers that had ended.',
  },
  published_ticks_read_total: {
    type: 'counter',
    help: 'Ticks that the publisher took from the ring.',
  },
  published_ticks_total: { type: 'counter', help: 'Ticks sent, counted per client.' },
  published_snapshots_total: { type: 'counter', help: 'Snapshot ticks sent, per client.' },
  published_repriced_total: {
    type: 'counter',
    help: 'Ticks sent once more with Greeks computed since, counted per client.',
  },
  merged_ticks_total: {
    type: 'counter',
    help: 'Ticks merged into newer ones for readers that were too slow, counted per client.',
  },
  clients_behind: { type: 'gauge', help: 'Clients that read too slowly, or that resume, now.' },
  load_level: {
    type: 'gauge',
    help: 'How publishing copes: 0 healthy, 1 warning, 2 critical, 3 overload.',
  },
  published_frames_total: { type: 'counter', help: 'Data frames sent, counted per client.' },
  published_bytes_total: { type: 'counter', help: 'Bytes of these frames.' },
  dropped_ticks_total: {
    type: 'counter',
    help: 'Ticks that did not reach the clients that wanted them, by reason.',
    label: 'reason',
  },
  publish_age_seconds: {
    type: 'histogram',
    help: 'Age of a tick, since it was received, when it is handed to the sockets.',
    recorded: 'microseconds',
  },
  publish_flush_duration_seconds: {
    type: 'histogram',
    help: 'Time to send one batch of ticks to all clients.',
    recorded: 'microseconds',
  },
  publish_flush_ticks: {
    type: 'histogram',
    help: 'Ticks in one such batch.',
    recorded: 'ticks',
  },
  clients: { type: 'gauge', help: 'WebSocket clients connected.' },
  clients_opened_total: { type: 'counter', help: 'WebSocket clients that connected.' },
  clients_closed_total: {
    type: 'counter',
    help: 'WebSocket clients that went, by cause.',
    label: 'cause',
  },
  clients_unauthenticated_total: {
    type: 'counter',
    help: 'WebSocket clients refused at the upgrade for a key that is not valid.',
  },
  access_refusals_total: {
    type: 'counter',
    help: 'Callers refused for their key, by reason.',
    label: 'reason',
  },
  client_subscriptions: { type: 'gauge', help: 'Instruments subscribed, summed over clients.' },
  client_buffered_bytes: { type: 'gauge', help: 'Bytes waiting for clients to read them.' },
  client_messages_total: { type: 'counter', help: 'Messages received from clients.' },
  client_messages_refused_total: {
    type: 'counter',
    help: 'Messages of clients that were answered with an error.',
  },
  kite_clients: { type: 'gauge', help: "Clients of the broker's own protocol connected." },
  kite_clients_opened_total: { type: 'counter', help: 'Such clients that connected.' },
  kite_clients_closed_total: {
    type: 'counter',
    help: 'Such clients that went, by cause.',
    label: 'cause',
  },
  kite_subscriptions: {
    type: 'gauge',
    help: 'Instruments subscribed by such clients, summed over them.',
  },
  kite_buffered_bytes: { type: 'gauge', help: 'Bytes waiting for such clients to read them.' },
  kite_packets_total: {
    type: 'counter',
    help: 'Packets sent to such clients, counted per client.',
  },
  kite_packets_conflated_total: {
    type: 'counter',
    help: 'Packets left out for a newer one of the instrument because such a client read slowly.',
  },
  kite_frames_total: { type: 'counter', help: 'Frames of these packets.' },
  kite_bytes_total: { type: 'counter', help: 'Bytes of these frames.' },
  kite_heartbeats_total: { type: 'counter', help: 'Heartbeats sent to such clients.' },
  kite_messages_total: { type: 'counter', help: 'Messages received from such clients.' },
  kite_messages_refused_total: {
    type: 'counter',
    help: 'Messages of such clients that were answered with an error.',
  },
  http_responses_total: {
    type: 'counter',
    help: 'HTTP answers, by class of the status.',
    label: 'class',
  },
  http_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from an HTTP request to its answer.',
    recorded: 'microseconds',
  },
  old_clients: { type: 'gauge', help: 'Clients of the old protocol connected.' },
  old_clients_opened_total: {
    type: 'counter',
    help: 'Clients of the old protocol that connected.',
  },
  old_clients_closed_total: {
    type: 'counter',
    help: 'Clients of the old protocol that went, by cause.',
    label: 'cause',
  },
  old_client_subscriptions: {
    type: 'gauge',
    help: 'Instruments subscribed by clients of the old protocol, summed over them.',
  },
  old_client_ticks_total: {
    type: 'counter',
    help: 'Ticks sent to clients of the old protocol, snapshots included, counted per client.',
  },
  old_client_bytes_total: { type: 'counter', help: 'Bytes of these ticks.' },
  old_client_ticks_conflated_total: {
    type: 'counter',
    help: 'Ticks left out for a newer one of the instrument because such a client read slowly.',
  },
  old_client_messages_total: {
    type: 'counter',
    help: 'Messages received from clients of the old protocol.',
  },
  old_client_messages_refused_total: {
    type: 'counter',
    help: 'Messages of such clients that were answered with an error.',
  },
  old_channels_ticks_total: {
    type: 'counter',
    help: 'Ticks published to the old Redis channels, confirmed by Redis.',
  },
  old_channels_batches_total: { type: 'counter', help: 'Batches in which they were sent.' },
  old_channels_dropped_total: {
    type: 'counter',
    help: 'Ticks that did not reach the old Redis channels, or not for certain, by reason.',
    label: 'reason',
  },
  old_channels_waiting: {
    type: 'gauge',
    help: 'Ticks that wait for the next batch, or for Redis.',
  },
  old_channels_connected: {
    type: 'gauge',
    help: '1 while Redis takes ticks for the old channels, else 0; 0 also without them.',
  },
  instruments: { type: 'gauge', help: 'Instruments known.' },
  instrument_rows_used: { type: 'gauge', help: 'Rows taken in the instrument table.' },
  database_up: { type: 'gauge', help: '1 while the database answers, else 0.' },
  database_connections: {
    type: 'gauge',
    help: 'Connections to the database: allowed, and in use. In use above 80 % calls for more.',
    label: 'state',
  },
  database_waiting: { type: 'gauge', help: 'Statements that wait for a database connection.' },
  redis_up: { type: 'gauge', help: '1 while Redis answers, else 0; 0 also without one.' },
  api_keys: { type: 'gauge', help: 'API keys that are valid.' },
  accounts_stored: { type: 'gauge', help: 'Broker accounts in the database.' },
  thread_restarts_total: {
    type: 'counter',
    help: 'Threads started again after they ended unexpectedly, by thread.',
    label: 'thread',
  },
  event_loop_lag_p50_seconds: {
    type: 'gauge',
    help: 'Median lag of the event loop in the last second, by thread.',
    label: 'thread',
  },
  event_loop_lag_p99_seconds: {
    type: 'gauge',
    help: '99th percentile of the lag of the event loop in the last second, by thread.',
    label: 'thread',
  },
  event_loop_lag_max_seconds: {
    type: 'gauge',
    help: 'Greatest lag of the event loop in the last second, by thread.',
    label: 'thread',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** Metrics by name. */
export type MetricTable = Readonly<Record<string, MetricDefinition>>;

/**
 * A histogram as it is recorded: `counts[b]` values in (2^(b-1), 2^b] of the recorded unit,
 * `counts[0]` up to 1 and the last one everything above the others; `sum` of all values.
 */
export interface HistogramReading {
  counts: readonly number[];
  sum: number;
}

type ReadingOf<Definition extends MetricDefinition> = Definition extends { type: 'histogram' }
  ? HistogramReading
  : Definition extends { label: string }
    ? Readonly<Record<string, number>>
    : number;

/**
 * One value for every metric of a table: a number, numbers by label value, or a histogram; times of
 * gauges in seconds.
 */
export type ReadingsOf<Table extends MetricTable> = {
  readonly [Name in keyof Table]: ReadingOf<Table[Name]>;
};

export type MetricReadings = ReadingsOf<typeof METRICS>;
