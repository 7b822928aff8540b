import type { ClientSocket } from '../../domain/ports.ts';
import type { KiteMode } from './kite-message.ts';

/** What one client of the broker's protocol gets of one instrument. */
export interface KiteSubscription {
  readonly client: KiteClient;
  readonly token: number;
  mode: KiteMode;
  /** Row of the instrument; -1 while it is looked up, and after its end. */
  row: number;
  /** Newest `instrument_sequence` sent; meaningless unless `started`. */
  lastSequence: number;
  started: boolean;
  /** The last value is to be sent even if it has been sent before: it was asked for. */
  isAsked: boolean;
  /** Nobody was subscribed to the instrument before: the last value may be from long ago. */
  isFirst: boolean;
  /** Ticks that could not be sent when they came; the last value stands for all of them. */
  postponed: number;
  /** Monotonic ms of the subscribe or mode message that it stands on. */
  sinceMs: number;
}

/** One client as the taker of ticks sees it: its socket, and what is still to be sent. */
export class KiteClient {
  readonly socket: ClientSocket;
  /** By token. */
  readonly subscriptions = new Map<number, KiteSubscription>();
  /** Their last value is to be sent as soon as the client can take it. */
  readonly due = new Set<KiteSubscription>();
  /** Their first packet is on its way from the broker; if it does not come, the last value goes. */
  readonly waiting = new Set<KiteSubscription>();
  /** Packets of the current window for this client, and the subscription that each is for. */
  readonly pendingPackets: number[] = [];
  readonly pendingFor: KiteSubscription[] = [];
  /** Nothing has been sent since the last look at the clock. */
  isQuiet = true;
  closed = false;
  /** What was unread at the last look, and since when (monotonic ms) it has not become less. */
  unreadBytes = 0;
  unreadSinceMs = 0;

  constructor(socket: ClientSocket) {
    this.socket = socket;
  }
}

/** True if a tick with this count is newer than what was sent. The count wraps at 2^32. */
export function isNews(subscription: KiteSubscription, instrumentSequence: number): boolean {
  return !subscription.started || ((instrumentSequence - subscription.lastSequence) | 0) > 0;
}
