import type { ClientConnection, Subscription } from './connection.ts';
import type { FrameSender } from './frame-sender.ts';
import type { LastValueSender } from './last-value-sender.ts';
import { ticksOfPiece } from './piece.ts';

/** What a connection that is behind is owed beside a replay. */
interface Owed {
  /** The newest value, with what was merged into it. */
  conflated: Subscription[];
  snapshots: Subscription[];
  /** Some subscriptions go on from now: a gap says what they left out. */
  skips: boolean;
}

/**
 * Brings a connection that was behind up to now, a piece at a time: thousands of instruments at
 * once would be more than may wait for one client.
 */
export class NewestValues {
  readonly #lastValues: LastValueSender;
  readonly #sender: FrameSender;
  readonly #softBufferBytes: number;

  /** `softBufferBytes`: unread bytes from which a client must read before it is sent more. */
  constructor(lastValues: LastValueSender, sender: FrameSender, softBufferBytes: number) {
    this.#lastValues = lastValues;
    this.#sender = sender;
    this.#softBufferBytes = softBufferBytes;
  }

  /** Sends the next piece; true: the connection has everything up to `position`. */
  send(connection: ClientConnection, position: number): boolean {
    const max = ticksOfPiece(connection.binary, this.#softBufferBytes);
    const { conflated, snapshots, skips } = this.#owed(connection);
    if (!this.#sendConflated(connection, conflated, position, max)) return false;
    this.#lastValues.sendSnapshots(connection, snapshots.slice(0, max), position);
    if (snapshots.length > max) {
      this.#waitIfCongested(connection);
      return false;
    }
    if (skips && position > connection.through) {
      const gap = { type: 'gap', from: connection.through + 1, to: position } as const;
      this.#sender.sendMessage(connection, { ...gap, reason: 'SLOW_READER' });
    }
    return true;
  }

  #owed(connection: ClientConnection): Owed {
    const isSlow = connection.behind?.kind === 'slow';
    const owed: Owed = { conflated: [], snapshots: [], skips: false };
    for (const subscription of connection.subscriptions.values()) {
      const { policy, awaitsSnapshot, started } = subscription;
      if (awaitsSnapshot || (isSlow && policy !== 'lossless' && !started)) {
        // One without a value begins with its first tick.
        if (this.#lastValues.hasValue(subscription)) owed.snapshots.push(subscription);
        else subscription.awaitsSnapshot = false;
      } else if (isSlow && policy === 'conflate') {
        owed.conflated.push(subscription);
      } else if (isSlow && policy === 'skip') {
        owed.skips = true;
      }
    }
    return owed;
  }

  /** True if all of them have their newest value. Goes on where the last piece ended. */
  #sendConflated(
    connection: ClientConnection,
    conflated: readonly Subscription[],
    position: number,
    max: number,
  ): boolean {
    const behind = connection.behind!;
    const first = conflated.length === 0 ? 0 : behind.nextConflated % conflated.length;
    const place = { first, max };
    const come = this.#lastValues.sendConflated(connection, conflated, position, place);
    if (come === conflated.length) return true;
    behind.nextConflated = first + come;
    this.#waitIfCongested(connection);
    return false;
  }

  #waitIfCongested({ behind, socket }: ClientConnection): void {
    if (behind !== undefined && socket.bufferedBytes() > this.#softBufferBytes) behind.waits = true;
  }
}
