import { FORWARD_SOURCE, GREEKS_STATUS } from '../../domain/status.ts';
import {
  CONTROL,
  DISAGREEMENT_KINDS,
  GREEKS,
  GREEKS_HISTOGRAM,
  INGEST,
  INGEST_HISTOGRAM,
  LOOP_LAG_MAX_US,
  LOOP_LAG_P50_US,
  LOOP_LAG_P99_US,
  METER_WRITER,
  OLD_CHANNELS,
  PUBLISH,
  PUBLISH_HISTOGRAM,
} from '../../shm/layout/meters.ts';
import { ThreadMeters } from '../../shm/meters.ts';
import { Ring } from '../../shm/ring.ts';
import type { MetricReadings } from '../../telemetry/metric-table.ts';
import { mergeHistograms } from '../../telemetry/metrics.ts';
import type { ServiceStatus, SharedBlocks } from '../messages.ts';

type ByLabel = Record<string, number>;

const US_PER_SECOND = 1_000_000;

/** Reads every thread's meters into the values of the metric table. */
export class MeterReader {
  readonly #ring: Ring;
  readonly #control: ThreadMeters;
  readonly #ingest: ThreadMeters;
  readonly #publish: ThreadMeters;
  readonly #oldChannels: ThreadMeters;
  readonly #greeks: ThreadMeters[] = [];

  constructor(blocks: SharedBlocks) {
    this.#ring = new Ring(blocks.ring);
    this.#control = new ThreadMeters(blocks.meters, METER_WRITER.CONTROL);
    this.#ingest = new ThreadMeters(blocks.meters, METER_WRITER.INGEST);
    this.#publish = new ThreadMeters(blocks.meters, METER_WRITER.PUBLISH);
    this.#oldChannels = new ThreadMeters(blocks.meters, METER_WRITER.OLD_CHANNELS);
    for (let worker = 0; worker < this.#ring.workers; worker++) {
      this.#greeks.push(new ThreadMeters(blocks.meters, METER_WRITER.GREEKS + worker));
    }
  }

  read(status: ServiceStatus | undefined): MetricReadings {
    return {
      ...this.#upstream(status),
      ...this.#greeksReadings(),
      ...this.#published(),
      ...this.#clients(),
      ...this.#kiteClients(),
      ...this.#oldClients(),
      ...this.#oldChannelReadings(),
      ...this.#service(),
    };
  }

  #upstream(status: ServiceStatus | undefined) {
    const ingest = this.#ingest;
    const sockets: ByLabel = {
      OPEN: 0,
      CONNECTING: 0,
      BACKING_OFF: 0,
      AUTH_REQUIRED: 0,
      CLOSED: 0,
    };
    for (const { state } of status?.upstream ?? []) sockets[state] = (sockets[state] ?? 0) + 1;
    return {
      upstream_ticks_total: ingest.get(INGEST.TICKS),
      upstream_simulated_ticks_total: ingest.get(INGEST.SIMULATED_TICKS),
      upstream_frames_total: ingest.get(INGEST.FRAMES),
      upstream_bytes_total: ingest.get(INGEST.BYTES),
      upstream_heartbeats_total: ingest.get(INGEST.HEARTBEATS),
      upstream_text_frames_total: ingest.get(INGEST.TEXT_FRAMES),
      upstream_packets_rejected_total: {
        unknown_length: ingest.get(INGEST.REJECT_UNKNOWN_LENGTH),
        truncated: ingest.get(INGEST.REJECT_TRUNCATED),
        unknown_instrument: ingest.get(INGEST.REJECT_UNKNOWN_INSTRUMENT),
      },
      upstream_trailing_bytes_total: ingest.get(INGEST.REJECT_TRAILING_BYTES),
      upstream_ticks_flagged_total: {
        CROSSED_BOOK: ingest.get(INGEST.FLAG_CROSSED_BOOK),
        OUT_OF_ORDER: ingest.get(INGEST.FLAG_OUT_OF_ORDER),
        ZERO_LAST_PRICE: ingest.get(INGEST.FLAG_ZERO_LAST_PRICE),
        UNKNOWN_SEGMENT: ingest.get(INGEST.FLAG_UNKNOWN_SEGMENT),
      },
      upstream_connection_events_total: {
        connect: ingest.get(INGEST.CONNECTS),
        disconnect: ingest.get(INGEST.DISCONNECTS),
        failure: ingest.get(INGEST.CONNECT_FAILURES),
        auth_refusal: ingest.get(INGEST.AUTH_REFUSALS),
        stall: ingest.get(INGEST.STALLS),
      },
      upstream_sockets: sockets,
      upstream_subscribed_instruments: ingest.get(INGEST.SUBSCRIBED),
      upstream_frame_duration_seconds: ingest.histogram(INGEST_HISTOGRAM.FRAME_US),
      upstream_ticks_per_second: ingest.histogram(INGEST_HISTOGRAM.TICKS_PER_SECOND),
    };
  }

  #greeksReadings() {
    const statuses: ByLabel = {};
    for (const [name, code] of Object.entries(GREEKS_STATUS)) {
      if (code !== GREEKS_STATUS.UNSET) statuses[name] = this.#sum(GREEKS.STATUS_FIRST + code);
    }
    const sources: ByLabel = {};
    for (const [name, code] of Object.entries(FORWARD_SOURCE)) {
      sources[name] = this.#sum(GREEKS.FORWARD_FIRST + code);
    }
    return {
      ring_lag_ticks: this.#lags(),
      greeks_total: statuses,
      greeks_missed_total: {
        late: this.#publish.get(PUBLISH.GREEKS_LATE),
        skipped: this.#sum(GREEKS.SKIPPED),
        overrun: this.#sum(GREEKS.OVERRUN),
        not_pending: this.#sum(GREEKS.NOT_PENDING),
        section_in_use: this.#ingest.get(INGEST.SECTIONS_IN_USE),
      },
      greeks_repriced_total: this.#sum(GREEKS.REPRICED),
      ...this.#quality(),
      greeks_forwards_total: sources,
      greeks_age_seconds: this.#merged(GREEKS_HISTOGRAM.AGE_US),
      greeks_batch_ticks: this.#merged(GREEKS_HISTOGRAM.BATCH),
      greeks_workers_gated_out: this.#publish.get(PUBLISH.GATED_OUT_WORKERS),
      greeks_claims_released_total: this.#control.get(CONTROL.CLAIMS_RELEASED),
    };
  }

  #quality() {
    const disagreements: ByLabel = {};
    for (const [kind, name] of DISAGREEMENT_KINDS.entries()) {
      disagreements[name] = this.#sum(GREEKS.DISAGREEMENT_FIRST + kind);
    }
    return {
      greeks_reference_samples_total: this.#sum(GREEKS.REFERENCE_SAMPLES),
      greeks_reference_disagreements_total: disagreements,
      greeks_anomalies_total: {
        iv_jump: this.#sum(GREEKS.ANOMALY_IV_JUMP),
        negative_time_value: this.#sum(GREEKS.ANOMALY_NEGATIVE_TIME_VALUE),
        call_put_split: this.#sum(GREEKS.ANOMALY_CALL_PUT_SPLIT),
      },
    };
  }

  #lags(): ByLabel {
    const newest = this.#ring.newest();
    const lags: ByLabel = { publish: newest - this.#ring.publishCursor(newest) };
    for (let worker = 0; worker < this.#ring.workers; worker++) {
      lags[`greeks-${worker}`] = newest - this.#ring.greeksCursor(worker, newest);
    }
    return lags;
  }

  #published() {
    const publish = this.#publish;
    return {
      published_ticks_read_total: publish.get(PUBLISH.TICKS_READ),
      published_ticks_total: publish.get(PUBLISH.TICKS_SENT),
      published_snapshots_total: publish.get(PUBLISH.SNAPSHOTS_SENT),
      published_repriced_total: publish.get(PUBLISH.REPRICED_SENT),
      merged_ticks_total: publish.get(PUBLISH.TICKS_MERGED),
      clients_behind: publish.get(PUBLISH.CLIENTS_BEHIND),
      load_level: publish.get(PUBLISH.LOAD_LEVEL),
      published_frames_total: publish.get(PUBLISH.FRAMES_SENT),
      published_bytes_total: publish.get(PUBLISH.BYTES_SENT),
      dropped_ticks_total: { ring_overrun: publish.get(PUBLISH.RING_OVERRUN) },
      publish_age_seconds: publish.histogram(PUBLISH_HISTOGRAM.AGE_US),
      publish_flush_duration_seconds: publish.histogram(PUBLISH_HISTOGRAM.FLUSH_US),
      publish_flush_ticks: publish.histogram(PUBLISH_HISTOGRAM.FLUSH_TICKS),
    };
  }

  #clients() {
    const publish = this.#publish;
    const tooSlow = publish.get(PUBLISH.CLOSED_TOO_SLOW);
    const revoked = publish.get(PUBLISH.CLOSED_KEY_REVOKED);
    const closed = publish.get(PUBLISH.CLIENTS_CLOSED);
    const classes: ByLabel = {};
    for (let hundreds = 1; hundreds <= 5; hundreds++) {
      classes[`${hundreds}xx`] = publish.get(PUBLISH.HTTP_STATUS_FIRST + hundreds);
    }
    return {
      clients: publish.get(PUBLISH.CLIENTS),
      clients_opened_total: publish.get(PUBLISH.CLIENTS_OPENED),
      clients_closed_total: {
        too_slow: tooSlow,
        key_revoked: revoked,
        other: closed - tooSlow - revoked,
      },
      clients_unauthenticated_total: publish.get(PUBLISH.CLOSED_UNAUTHENTICATED),
      access_refusals_total: {
        wrong_key: publish.get(PUBLISH.WRONG_KEYS),
        locked_out: publish.get(PUBLISH.REFUSED_LOCKED_OUT),
      },
      client_subscriptions: publish.get(PUBLISH.SUBSCRIPTIONS),
      client_buffered_bytes: publish.get(PUBLISH.BUFFERED_BYTES),
      client_messages_total: publish.get(PUBLISH.MESSAGES_RECEIVED),
      client_messages_refused_total: publish.get(PUBLISH.MESSAGES_REFUSED),
      http_responses_total: classes,
      http_request_duration_seconds: publish.histogram(PUBLISH_HISTOGRAM.HTTP_US),
    };
  }

  #kiteClients() {
    const publish = this.#publish;
    const tooSlow = publish.get(PUBLISH.KITE_CLOSED_TOO_SLOW);
    const revoked = publish.get(PUBLISH.KITE_CLOSED_KEY_REVOKED);
    return {
      kite_clients: publish.get(PUBLISH.KITE_CLIENTS),
      kite_clients_opened_total: publish.get(PUBLISH.KITE_CLIENTS_OPENED),
      kite_clients_closed_total: {
        too_slow: tooSlow,
        key_revoked: revoked,
        other: publish.get(PUBLISH.KITE_CLIENTS_CLOSED) - tooSlow - revoked,
      },
      kite_subscriptions: publish.get(PUBLISH.KITE_SUBSCRIPTIONS),
      kite_buffered_bytes: publish.get(PUBLISH.KITE_BUFFERED_BYTES),
      kite_packets_total: publish.get(PUBLISH.KITE_PACKETS_SENT),
      kite_packets_conflated_total: publish.get(PUBLISH.KITE_CONFLATED),
      kite_frames_total: publish.get(PUBLISH.KITE_FRAMES_SENT),
      kite_bytes_total: publish.get(PUBLISH.KITE_BYTES_SENT),
      kite_heartbeats_total: publish.get(PUBLISH.KITE_HEARTBEATS_SENT),
      kite_messages_total: publish.get(PUBLISH.KITE_MESSAGES_RECEIVED),
      kite_messages_refused_total: publish.get(PUBLISH.KITE_MESSAGES_REFUSED),
    };
  }

  #oldClients() {
    const publish = this.#publish;
    const tooSlow = publish.get(PUBLISH.OLD_CLOSED_TOO_SLOW);
    const revoked = publish.get(PUBLISH.OLD_CLOSED_KEY_REVOKED);
    return {
      old_clients: publish.get(PUBLISH.OLD_CLIENTS),
      old_clients_opened_total: publish.get(PUBLISH.OLD_CLIENTS_OPENED),
      old_clients_closed_total: {
        too_slow: tooSlow,
        key_revoked: revoked,
        other: publish.get(PUBLISH.OLD_CLIENTS_CLOSED) - tooSlow - revoked,
      },
      old_client_subscriptions: publish.get(PUBLISH.OLD_SUBSCRIPTIONS),
      old_client_ticks_total: publish.get(PUBLISH.OLD_TICKS_SENT),
      old_client_bytes_total: publish.get(PUBLISH.OLD_BYTES_SENT),
      old_client_ticks_conflated_total: publish.get(PUBLISH.OLD_CONFLATED),
      old_client_messages_total: publish.get(PUBLISH.OLD_MESSAGES_RECEIVED),
      old_client_messages_refused_total: publish.get(PUBLISH.OLD_MESSAGES_REFUSED),
    };
  }

  #oldChannelReadings() {
    const channels = this.#oldChannels;
    return {
      old_channels_ticks_total: channels.get(OLD_CHANNELS.PUBLISHED),
      old_channels_batches_total: channels.get(OLD_CHANNELS.BATCHES),
      old_channels_dropped_total: {
        redis_away: channels.get(OLD_CHANNELS.DROPPED),
        unconfirmed: channels.get(OLD_CHANNELS.UNCONFIRMED),
        ring_overrun: channels.get(OLD_CHANNELS.RING_OVERRUN),
        undescribed: channels.get(OLD_CHANNELS.UNDESCRIBED),
      },
      old_channels_waiting: channels.get(OLD_CHANNELS.WAITING),
      old_channels_connected: channels.get(OLD_CHANNELS.CONNECTED),
    };
  }

  #service() {
    const control = this.#control;
    const lag = (gauge: number): ByLabel => ({
      control: control.get(gauge) / US_PER_SECOND,
      ingest: this.#ingest.get(gauge) / US_PER_SECOND,
      publish: this.#publish.get(gauge) / US_PER_SECOND,
      'old-channels': this.#oldChannels.get(gauge) / US_PER_SECOND,
    });
    return {
      instruments: control.get(CONTROL.INSTRUMENTS),
      instrument_rows_used: control.get(CONTROL.ROWS_USED),
      database_up: control.get(CONTROL.DATABASE_UP),
      database_connections: {
        max: control.get(CONTROL.DATABASE_CONNECTIONS_MAX),
        used: control.get(CONTROL.DATABASE_CONNECTIONS_USED),
      },
      database_waiting: control.get(CONTROL.DATABASE_WAITING),
      redis_up: control.get(CONTROL.REDIS_UP),
      api_keys: control.get(CONTROL.API_KEYS),
      accounts_stored: control.get(CONTROL.ACCOUNTS_STORED),
      thread_restarts_total: {
        ingest: control.get(CONTROL.RESTARTS_INGEST),
        greeks: control.get(CONTROL.RESTARTS_GREEKS),
        publish: control.get(CONTROL.RESTARTS_PUBLISH),
        'old-channels': control.get(CONTROL.RESTARTS_OLD_CHANNELS),
        orders: control.get(CONTROL.RESTARTS_ORDERS),
      },
      event_loop_lag_p50_seconds: lag(LOOP_LAG_P50_US),
      event_loop_lag_p99_seconds: lag(LOOP_LAG_P99_US),
      event_loop_lag_max_seconds: lag(LOOP_LAG_MAX_US),
    };
  }

  #sum(counter: number): number {
    return this.#greeks.reduce((total, meters) => total + meters.get(counter), 0);
  }

  #merged(histogram: number) {
    return mergeHistograms(this.#greeks.map((meters) => meters.histogram(histogram)));
  }
}
