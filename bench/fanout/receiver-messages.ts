import type { RecordedLatencies } from '../harness/latency-histogram.ts';
import type { ModeName } from '../../src/wire/messages.ts';
import type { ClientReport } from '../socket/client-messages.ts';
import type { Pace } from './drain-socket.ts';

/** What a server speaks. */
export type Dialect = 'ticker' | 'ws' | 'socket.io';

/** One client of a receiver process. */
export interface ClientPlan {
  dialect: Dialect;
  host: string;
  port: number;
  key: string;
  tokens: number[];
  mode: ModeName;
  /** Undefined: left out of the subscribe. */
  windowMs: number | undefined;
  /** Every tick of it is checked, not counted only. */
  isSample: boolean;
  mayBeSlow: boolean;
}

export type ToReceiver =
  | { type: 'connect'; plans: ClientPlan[]; optionTokens: number[] }
  /** Forget what was counted so far: a run begins. */
  | { type: 'begin' }
  /** How the clients numbered `clients`, in the order of `connect`, read from now on. */
  | { type: 'pace'; clients: number[]; pace: Pace }
  | { type: 'progress' }
  | { type: 'report' }
  /** Ends these connections and forgets them; none given: all. */
  | { type: 'disconnect'; clients: number[] | undefined };

/** What one client got since `begin`. */
export interface ClientCount {
  /** Ticks of the stream: neither snapshots nor repriced records. */
  ticks: number;
  /** Sum of `merged` of CONFLATED ticks. */
  merged: number;
  snapshots: number;
  repriced: number;
  frames: number;
  bytes: number;
  /** Frames whose length and count do not agree, messages that could not be read. */
  malformed: number;
  /** Ring positions named in gap records, both ends inclusive. */
  gaps: [from: number, to: number][];
  /** Records of these kinds. */
  warnings: number;
  /** When the newest tick came, epoch us; 0: none. */
  lastTickUs: number;
  /** Why the connection has ended; undefined: it has not. */
  ended: string | undefined;
}

/** Of the clients that check every tick; JSON ones have `unexplained` and `repeated` only. */
export interface SampleReport {
  client: number;
  ticks: ClientReport | undefined;
  unexplained: number;
  repeated: number;
}

export interface ReceiverReport {
  clients: ClientCount[];
  samples: SampleReport[];
  /** From the receive time of a frame's first tick to the client, per frame of fast clients. */
  fromReceive: RecordedLatencies;
  /** CPU time of the process since `begin`, us. */
  cpuUs: number;
}

export interface ReceiverProgress {
  ticks: number;
  merged: number;
  snapshots: number;
  ended: number;
}

export type FromReceiver =
  | { type: 'connected'; failures: string[] }
  | { type: 'done' }
  | ({ type: 'progress' } & ReceiverProgress)
  | { type: 'report'; report: ReceiverReport };
