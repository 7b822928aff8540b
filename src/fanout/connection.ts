import type { ClientSocket } from '../domain/ports.ts';
import type { Subscription } from './subscription.ts';

/** One client as the delivery sees it: its socket, format, subscriptions and position. */
export class ClientConnection {
  readonly socket: ClientSocket;
  readonly binary: boolean;
  readonly subscriptions = new Map<number, Subscription>();
  /** Ring position up to which the client has everything that it subscribed to. */
  through: number;
  /** Monotonic ms of the last message sent. */
  lastSentMs: number;
  /** `hello` has been sent: data may follow. */
  ready = false;
  closed = false;
  /** Slots of the current batch for this client, and the subscription each is for. */
  readonly pendingSlots: number[] = [];
  readonly pendingFor: Subscription[] = [];

  constructor(socket: ClientSocket, binary: boolean, through: number, nowMs: number) {
    this.socket = socket;
    this.binary = binary;
    this.through = through;
    this.lastSentMs = nowMs;
  }
}
