import type { HelloMessage } from '../wire/messages.ts';

export const HEARTBEAT_MS = 15_000;

export interface SessionLimits {
  /** Instruments of one connection. */
  subscriptions: number;
  /** Bytes of one message. */
  messageBytes: number;
  /** Unread bytes at which a reader is closed. */
  bufferBytes: number;
  /** Messages that one connection may send a second, in the long run. */
  messagesPerSecond: number;
  /** Silence of a connection without a subscription after which it is closed, ms. */
  idleMs: number;
}

/** What one key adds to them. */
export interface KeyedLimits extends SessionLimits {
  connections: number;
  /** How far back a resume reaches at the present rate of ticks, s. */
  replaySeconds: number;
}

/** The first record of a session; `sequence`: the ring position at which it starts. */
export function helloMessage(
  session: string,
  epoch: string,
  sequence: number,
  limits: KeyedLimits,
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
      connections: limits.connections,
      messages_per_second: limits.messagesPerSecond,
      idle_seconds: limits.idleMs / 1000,
      replay_seconds: limits.replaySeconds,
    },
  };
}
