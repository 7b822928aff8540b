import { packetFields } from './encoder.ts';
import type { PacketFields } from './encoder.ts';
import type { AppliedFault } from './fault-runner.ts';
import type { SimulatorFault } from './fault-script.ts';
import type { ConnectionRecord, Gateway, RefusedUpgrade } from './gateway.ts';
import type { Market } from './market.ts';
import type { SimInstrument } from './sim-instrument.ts';
import type { TickFeed } from './tick-feed.ts';

/** Count and sums modulo 2^32 over packets: of `last_price`, and of `volume` where it is sent. */
export interface PacketSums {
  count: number;
  last_price_sum: number;
  volume_sum: number;
}

/** What an instrument's newest value was made from; prices in rupees. */
export interface MarketTruth {
  theoretical_price: number;
  underlying_price: number;
  forward: number | null;
  /** Options only: implied volatility as a fraction, years to expiry, discount factor. */
  volatility: number | null;
  time_to_expiry: number | null;
  discount: number | null;
}

export interface LedgerInstrument {
  instrument_token: number;
  symbol: string;
  /** Ticks made by the market model, each counted once however many sockets get it. */
  ticks: PacketSums;
  /** Packets put on sockets: ticks, snapshots and recorded packets, once per socket. */
  deliveries: PacketSums;
  /** The newest packet in full mode, in the packet's own integers. */
  last: PacketFields;
  truth: MarketTruth | null;
}

export interface LedgerConnection {
  id: number;
  account: string;
  opened_us: number;
  closed_us: number | null;
  close_code: number | null;
  /** open, silent, hung or closed. */
  state: string;
  /** Disconnected because it did not read fast enough. */
  too_slow: boolean;
  subscriptions: number;
  frames: number;
  packets: number;
  bytes: number;
  heartbeats: number;
  ignored_messages: number;
}

/** What the simulator has sent, to be compared with what arrived. */
export interface Ledger {
  seed: number;
  time_us: number;
  ticks_per_second: number;
  is_ticking: boolean;
  /** Distinct instruments subscribed now. */
  watched: number;
  ticks: number;
  /** Ticks left out because the simulator was too late to make up for them. */
  ticks_skipped: number;
  /** Instruments of which anything was sent. */
  instruments: LedgerInstrument[];
  connections: LedgerConnection[];
  refused: { time_us: number; account: string | null; status: number }[];
  faults: { time_us: number; fault: SimulatorFault }[];
}

export interface LedgerSources {
  seed: number;
  timeUs: number;
  market: Market;
  feed: TickFeed;
  gateway: Gateway;
  applied: readonly AppliedFault[];
}

export function buildLedger(sources: LedgerSources): Ledger {
  const { market, feed, gateway } = sources;
  return {
    seed: sources.seed,
    time_us: sources.timeUs,
    ticks_per_second: feed.ticksPerSecond,
    is_ticking: feed.isRunning,
    watched: feed.watchedCount,
    ticks: feed.ticks,
    ticks_skipped: feed.ticksSkipped,
    instruments: market.everListed
      .filter((instrument) => instrument.ticks > 0 || instrument.deliveries > 0)
      .map(instrumentEntry),
    connections: gateway.records.map(connectionEntry),
    refused: gateway.refused.map(refusalEntry),
    faults: sources.applied.map(({ timeUs, fault }) => ({ time_us: timeUs, fault })),
  };
}

function instrumentEntry(instrument: SimInstrument): LedgerInstrument {
  return {
    instrument_token: instrument.spec.token,
    symbol: instrument.key,
    ticks: {
      count: instrument.ticks,
      last_price_sum: instrument.tickPriceSum >>> 0,
      volume_sum: instrument.tickVolumeSum >>> 0,
    },
    deliveries: {
      count: instrument.deliveries,
      last_price_sum: instrument.deliveredPriceSum >>> 0,
      volume_sum: instrument.deliveredVolumeSum >>> 0,
    },
    last: packetFields(instrument.full),
    truth: truthOf(instrument),
  };
}

function truthOf(instrument: SimInstrument): MarketTruth | null {
  if (instrument.isRecorded || instrument.walk === null) return null;
  const isOption = instrument.spec.strikePaise > 0;
  return {
    theoretical_price: instrument.theoreticalPaise / 100,
    underlying_price: instrument.spotPaise / 100,
    forward: instrument.slice === null ? null : instrument.forwardPaise / 100,
    volatility: isOption ? instrument.volatility : null,
    time_to_expiry: isOption ? instrument.timeYears : null,
    discount: isOption ? instrument.discount : null,
  };
}

function connectionEntry(record: ConnectionRecord): LedgerConnection {
  const { connection } = record;
  return {
    id: connection.identity.id,
    account: connection.identity.account,
    opened_us: connection.identity.openedUs,
    closed_us: record.closedUs,
    close_code: record.closeCode,
    state: connection.fate,
    too_slow: connection.isTooSlow,
    subscriptions: connection.subscriptionCount,
    frames: connection.frames,
    packets: connection.packets,
    bytes: connection.bytes,
    heartbeats: connection.heartbeats,
    ignored_messages: connection.ignoredMessages,
  };
}

function refusalEntry(refused: RefusedUpgrade): Ledger['refused'][number] {
  return { time_us: refused.timeUs, account: refused.account, status: refused.status };
}
