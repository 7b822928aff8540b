/**
 * Messages between control and the other threads. Ticks never travel here.
 */
import type { KeyRecord, WrongKeys } from '../domain/access.ts';
import type { ClockSettings } from '../domain/clock.ts';
import type { ErrorCode } from '../domain/error-codes.ts';
import type { NamedInstrument } from '../domain/instrument.ts';
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

/** What the simulator thread is started with. */
export interface SimulatorData extends ThreadBasics {
  host: string;
  port: number;
  seed: number;
  instruments: number;
  ticksPerSecond: number;
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

export type ToIngest =
  { type: 'demand'; changes: { token: number; mode: UpstreamMode }[] } | { type: 'stop' };

export type FromIngest =
  | { type: 'started' }
  | { type: 'upstream'; sockets: UpstreamSocket[] }
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
  /** The keys that are valid from now on; connections of others are closed. */
  | { type: 'keys'; keys: readonly KeyRecord[] }
  /** An address that another instance has locked out. */
  | { type: 'locked-out'; address: string; untilUs: number }
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
  | { type: 'key-uses'; uses: { keyId: string; timeMs: number }[] }
  /** What came from an address since the last message. */
  | ({ type: 'wrong-keys' } & WrongKeys)
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
