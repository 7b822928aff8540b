import type { HelloMessage } from '../wire/messages.ts';

export const HEARTBEAT_MS = 15_000;

export interface SessionLimits {
  /** Instruments of one connection. */
  subscriptions: number;
  /** Bytes of one message. */
  messageBytes: number;
  /** Unread bytes at which a reader is closed. */
  bufferBytes: number;
}

/** The first record of a session; `sequence`: the ring position at which it starts. */
export function helloMessage(
  session: string,
  epoch: string,
  sequence: number,
  limits: SessionLimits,
): HelloMessage {
  return {
    type: 'hello',
    session,
    epoch,
    sequence,
    heartbeat_ms: HEARTBEAT_MS,
    limits: {
      subscriptions: limits.subscriptions,
      message_bytes: limits.messageBytes,
      buffer_bytes: limits.bufferBytes,
      replay_seconds: 0,
    },
  };
}
