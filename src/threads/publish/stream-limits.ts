import { INSTRUMENTS_PER_MESSAGE_MAX } from '../../fanout/client-message.ts';
import { HEARTBEAT_MS, type SessionLimits } from '../../fanout/hello.ts';
import { AUTHENTICATION_MS } from '../../fanout/session.ts';
import type { StreamLimits } from '../../http/asyncapi/document.ts';

/** Longest message of a client. 3,000 symbols take less than 200 kB. */
export const MESSAGE_BYTES_MAX = 256 * 1024;
/** A larger one is not even read to its end: its connection is cut. */
export const PAYLOAD_BYTES_MAX = 1024 * 1024;
export const SUBSCRIPTIONS_MAX = 9_000;
export const MESSAGES_PER_SECOND = 50;
/** A client that wants nothing and says nothing for so long is closed. */
export const IDLE_MS = 5 * 60_000;

/** What one connection may. `clientBufferBytes`: unread bytes at which it is closed. */
export function sessionLimits(clientBufferBytes: number): SessionLimits {
  return {
    subscriptions: SUBSCRIPTIONS_MAX,
    messageBytes: MESSAGE_BYTES_MAX,
    bufferBytes: clientBufferBytes,
    messagesPerSecond: MESSAGES_PER_SECOND,
    idleMs: IDLE_MS,
  };
}

/** The limits of `/ws/ticks`, for its description. */
export function streamLimits(clientBufferBytes: number): StreamLimits {
  return {
    subscriptions: SUBSCRIPTIONS_MAX,
    instrumentsPerMessage: INSTRUMENTS_PER_MESSAGE_MAX,
    messageBytes: MESSAGE_BYTES_MAX,
    payloadBytes: PAYLOAD_BYTES_MAX,
    bufferBytes: clientBufferBytes,
    messagesPerSecond: MESSAGES_PER_SECOND,
    idleMs: IDLE_MS,
    heartbeatMs: HEARTBEAT_MS,
    authenticationMs: AUTHENTICATION_MS,
  };
}
