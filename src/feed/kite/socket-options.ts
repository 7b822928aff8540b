import type { Clock } from '../../domain/clock.ts';
import type { TickerError } from '../../domain/error-codes.ts';
import type { UpstreamMode } from '../../domain/ports.ts';
import type { ConnectionCounts } from './connection-counts.ts';
import type { KiteTextMessage } from './text-frame.ts';

/**
 * IDLE until started; CONNECTING and OPEN as they say; BACKING_OFF until the next attempt;
 * AUTH_REQUIRED until a new access token comes; CLOSED for good.
 */
export type KiteSocketState =
  'IDLE' | 'CONNECTING' | 'OPEN' | 'BACKING_OFF' | 'AUTH_REQUIRED' | 'CLOSED';

export interface KiteSocketListener {
  /** A binary frame, epoch us. Its memory belongs to the socket: use it before returning. */
  onFrame(frame: Uint8Array, receiveTimeUs: number): void;
  onText(message: KiteTextMessage): void;
  /** The state changed; `failure` says why the last connection failed, until one is open again. */
  onState(state: KiteSocketState, failure: TickerError | undefined): void;
}

/** What does not differ between the sockets of a service. */
export interface KiteSocketSettings {
  clock: Clock;
  /** Numbers from 0 to below 1. */
  random: () => number;
  /** Ends for good at a peer that says it is a simulator. Default false. */
  refuseSimulator?: boolean;
  /** From the attempt to the open connection. Default 7 s. */
  handshakeTimeoutMs?: number;
  /** Longest silence, heartbeats included, of a connection that works. Default 5 s. */
  stallMs?: number;
  /** Default 8 MiB: a frame of 3000 full packets has 558 kB. */
  maxPayloadBytes?: number;
}

export interface KiteSocketOptions extends KiteSocketSettings {
  /** `wss://ws.kite.trade/`, or whatever speaks its protocol. */
  url: string;
  apiKey: string;
  accessToken: string;
  listener: KiteSocketListener;
  /** Live view of the wanted instruments and modes; every change of it is told by `mark`. */
  tokens: ReadonlyMap<number, UpstreamMode>;
  /** May be shared with other sockets. */
  counts: ConnectionCounts;
}
