import type { TickerError } from '../domain/error-codes.ts';
import type { FrameView } from '../wire/decode.ts';
import type {
  ChainMessage,
  HelloMessage,
  ServerMessage,
  SubscriptionItem,
  SubscriptionResult,
  TickObject,
} from '../wire/messages.ts';
import type { GapEvent } from './continuity.ts';
import type { OverflowEvent } from './inbox.ts';

/**
 * idle: not started. connecting: waiting for `hello`. open: `hello` has come. waiting: for the next
 * attempt. closed: by `close()`, or for good by the service.
 */
export type ClientState = 'idle' | 'connecting' | 'open' | 'waiting' | 'closed';

/** The end of one connection. */
export interface CloseEvent {
  /** WebSocket close code; 1006 for a connection that broke, never came about or was given up. */
  code: number;
  reason: string;
  /** When the client tries again by itself; undefined: it does not. */
  reconnectInMs: number | undefined;
}

export interface ClientEvents {
  state: ClientState;
  hello: HelloMessage;
  /**
   * The service answered a subscription, the first time or after a reconnect. Comes before any tick
   * that it brings, which the promise of `subscribe` does not.
   */
  subscribed: { item: SubscriptionItem; results: readonly SubscriptionResult[] };
  /** A tick as an object of its own; made only while somebody listens. */
  tick: TickObject;
  /** A binary frame, nothing copied, before its ticks: all of them, also those passed over. */
  frame: FrameView;
  heartbeat: { through: number; time: number };
  /** Ticks are missing: announced by the service or found by the client. */
  gap: GapEvent;
  /**
   * The service has answered a reconnect. recovered: everything that was missed follows, then
   * `replay_completed`. Otherwise snapshots follow, and `gap` names what is missing.
   */
  resumed: { recovered: boolean };
  /** What was missed has been handed over. */
  replay_completed: { through: number };
  /** While the application took nothing, ticks were merged here; the platform reads on always. */
  overflow: OverflowEvent;
  /** The strikes of a subscribed chain moved with the money. */
  chain: Extract<ServerMessage, { type: 'chain_changed' }>;
  /** What the options of a subscribed chain say together, about once a second. */
  analytics: ChainMessage;
  /** Everything else: session_state, upstream_stale, slow_reader_warning, newer records. */
  notice: ServerMessage;
  error: TickerError;
  close: CloseEvent;
}
