/**
 * Messages between control and the other threads. Ticks never travel here.
 */
import type { KeyRecord, WrongKeys } from '../domain/access.ts';
import type { ClockSettings } from '../domain/clock.ts';
import type { ErrorCode } from '../domain/error-codes.ts';
import type { NamedInstrument } from '../domain/instrument.ts';
import type { TradableContract } from '../domain/order-market.ts';
import type {
  ChainKey,
  ChainResolution,
  InstrumentSearch,
  Resolution,
  UpstreamMode,
} from '../domain/ports.ts';
import type { StrikeChoice } from '../domain/strike-choice.ts';
import type { SharedBlock } from '../shm/block.ts';

/** Memory that every tick thread attaches to. */
export interface SharedBlocks {
  ring: SharedBlock;
  lastValues: SharedBlock;
  instruments: SharedBlock;
  meters: SharedBlock;
  /** One reprice ring per Greeks worker. */
  repriced: SharedBlock;
  /** Analytics of every chain. */
  chains: SharedBlock;
}

/** What every thread is started with. */
export interface ThreadBasics {
  clock: ClockSettings;
  logLevel: string;
  /** Values that must never be printed. */
  secrets: readonly string[];
  production: boolean;
}

/** What a thread of the tick path is started with. */
export interface ThreadData extends ThreadBasics {
  blocks: SharedBlocks;
}

/** What the publish thread is started with. */
export interface PublishData extends ThreadData {
  /** The keys that are valid at the start. */
  keys: readonly KeyRecord[];
  /** False: there may be more, which are not known yet. */
  keysComplete: boolean;
  host: string;
  port: number;
  corsOrigins: readonly string[];
  trustedProxies: readonly string[];
  clientBufferBytes: number;
  /** Of all clients together. */
  clientsBufferBytes: number;
  clientsMax: number;
  /** Whether the old protocol is spoken. */
  oldSocket: boolean;
}

/** What the old-channels thread is started with. */
export interface OldChannelsData extends ThreadData {
  redisUrl: string;
  /** Of the channels' names. */
  prefix: string;
}

/** One broker account as the order side uses it. */
export interface OrderAccount {
  id: string;
  apiKey: string;
  /** Undefined: postbacks of the account are refused, because they cannot be checked. */
  apiSecret: string | undefined;
  accessToken: string;
  restUrl: string;
  localAddress?: string;
}

/** Where the prices of the tick path are. */
export type PricePlace =
  | { kind: 'memory'; instruments: SharedBlock; lastValues: SharedBlock }
  /** `url`: http(s)://host:port of the market side; `key` undefined: it cannot be asked. */
  | { kind: 'service'; url: string; key: string | undefined };

/** What the orders thread is started with. */
export interface OrdersData extends ThreadBasics {
  meters: SharedBlock;
  prices: PricePlace;
  /** The keys that are valid at the start. */
  keys: readonly KeyRecord[];
  /** False: there may be more, which are not known yet. */
  keysComplete: boolean;
  host: string;
  port: number;
  corsOrigins: readonly string[];
  trustedProxies: readonly string[];
  /** What the database server calls this instance in its lists. */
  instance: string;
  /** Most connections to the database, of this thread. */
  databasePool: number;
  cancelWithoutJournal: boolean;
  reconcileSeconds: number;
}

/** What the simulator thread is started with. */
export interface SimulatorData extends ThreadBasics {
  host: string;
  port: number;
  seed: number;
  instruments: number;
  ticksPerSecond: number;
  /** Path of the order book, which outlives the thread and the process. */
  bookFile: string;
}

/** A failure as it crosses a thread boundary. */
export interface FailureMessage {
  type: 'failed';
  code: ErrorCode;
  detail: string;
}

/** One socket to the broker. */
export interface UpstreamSocket {
  account: string;
  /** Within the account, from 0. */
  index: number;
  state: string;
  simulated: boolean;
  instruments: number;
  /** Null unless open. */
  lastFrameAgeMs: number | null;
  reconnects: number;
  failure: { code: ErrorCode; detail: string } | null;
}

/** An order update as a broker's socket told it. */
export interface OrderText {
  type: 'order-text';
  account: string;
  /** The broker's record of the order, not checked yet. */
  data: unknown;
}

export type ToIngest =
  { type: 'demand'; changes: { token: number; mode: UpstreamMode }[] } | { type: 'stop' };

export type FromIngest =
  | { type: 'started' }
  | { type: 'upstream'; sockets: UpstreamSocket[] }
  | OrderText
  | { type: 'stopped' }
  | FailureMessage;

export type ToOldChannels =
  { type: 'described'; first: number; instruments: (NamedInstrument | null)[] } | { type: 'stop' };

export type FromOldChannels =
  | { type: 'started' }
  /** What are these instruments? They are in the rows from `first` on. */
  | { type: 'describe'; first: number; tokens: number[] }
  | { type: 'stopped' }
  | FailureMessage;

export interface ToSimulator {
  type: 'stop';
}

export type FromSimulator =
  { type: 'listening'; restUrl: string; wsUrl: string } | { type: 'stopped' } | FailureMessage;

/** What publish asks of control, and what it gets. */
export interface ControlCalls {
  resolveInstruments: {
    args: (string | number)[];
    result: Resolution<string | number>[];
  };
  resolveChain: {
    args: { underlying: string; expiry?: string; strikes: StrikeChoice };
    result: ChainResolution;
  };
  /** By token, in the order of the tokens; null: there is no such instrument. */
  describeInstruments: { args: number[]; result: (NamedInstrument | null)[] };
  /** Answers of the instrument routes, as JSON text. */
  searchInstruments: { args: InstrumentSearch; result: string };
  findInstrument: { args: string; result: string };
  listExpiries: { args: string; result: string };
}

export type CallName = keyof ControlCalls;

/** What orders asks of control, and what it gets. */
export interface OrderCalls {
  /** Null: there is no such contract. */
  findContract: {
    args: { exchange: string; tradingsymbol: string };
    result: TradableContract | null;
  };
  /** Has the instrument of this token streamed for some minutes; its row, -1: it cannot be had. */
  watchPrice: { args: number; result: number };
}

export type OrderCallName = keyof OrderCalls;

/** News of keys and addresses for every thread that has callers. */
export type AccessNews =
  /** The keys that are valid from now on; connections of others are closed. */
  | { type: 'keys'; keys: readonly KeyRecord[] }
  /** An address that another instance has locked out. */
  | { type: 'locked-out'; address: string; untilUs: number };

/** What a thread that has callers tells of them. */
export type CallerNews =
  | { type: 'key-uses'; uses: { keyId: string; timeMs: number }[] }
  /** What came from an address since the last message. */
  | ({ type: 'wrong-keys' } & WrongKeys);

export type ToOrders =
  | { type: 'answer'; id: number; ok: true; result: OrderCalls[OrderCallName]['result'] }
  | { type: 'answer'; id: number; ok: false; code: ErrorCode; detail: string }
  /** The accounts that trade, once, and what must never be printed of them. */
  | { type: 'accounts'; accounts: readonly OrderAccount[]; secrets: readonly string[] }
  /** Where the database is, at first and when that has changed. It has the schema. */
  | { type: 'database'; url: string }
  /** Expiry days of the listed futures, rising, by underlying. */
  | { type: 'futures'; futures: readonly (readonly [string, readonly string[]])[] }
  | { type: 'status'; status: ServiceStatus }
  | OrderText
  /** All orders are to stop. */
  | { type: 'halt'; actor: 'file' | 'signal'; reason: string }
  | AccessNews
  | { type: 'stop' };

export type FromOrders =
  | {
      [Name in OrderCallName]: {
        type: 'call';
        id: number;
        name: Name;
        args: OrderCalls[Name]['args'];
      };
    }[OrderCallName]
  | { type: 'check'; check: HealthCheck }
  /** A halt has taken effect, and lasts by itself. */
  | { type: 'halted' }
  /** All accounts are halted, and the database could not keep it. */
  | { type: 'halt-unkept'; reason: string }
  | CallerNews
  | { type: 'listening'; port: number }
  | { type: 'stopped' }
  | FailureMessage;

export type ToPublish =
  | { type: 'answer'; id: number; ok: true; result: ControlCalls[CallName]['result'] }
  | { type: 'answer'; id: number; ok: false; code: ErrorCode; detail: string }
  | {
      type: 'chain-changed';
      chain: ChainKey;
      added: Resolution<ChainKey>[];
      removedRows: number[];
    }
  | { type: 'status'; status: ServiceStatus }
  | { type: 'upstream-stale'; account: string; sinceUs: number }
  | OrderText
  | AccessNews
  | { type: 'stop' };

export type FromPublish =
  | {
      [Name in CallName]: {
        type: 'call';
        id: number;
        name: Name;
        args: ControlCalls[Name]['args'];
      };
    }[CallName]
  | { type: 'demand'; changes: { row: number; mode: UpstreamMode }[] }
  | { type: 'follow'; chain: ChainKey }
  | { type: 'unfollow'; chain: ChainKey }
  | CallerNews
  | { type: 'listening'; port: number }
  | { type: 'stopped' }
  | FailureMessage;

/** One part of the service. */
export interface HealthCheck {
  ok: boolean;
  /** False: ticks flow without it too. */
  required: boolean;
  detail?: string;
}

/** What control knows of the service's health; publish answers probes and scrapes from it. */
export interface ServiceStatus {
  /** Instruments are loaded and the feed has ticked once. */
  started: boolean;
  /** Parts that must work for the service to be of use. */
  checks: Record<string, HealthCheck>;
  upstream: UpstreamSocket[];
  greeksWorkers: number;
}
