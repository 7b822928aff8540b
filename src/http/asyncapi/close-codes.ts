import { CLOSE } from '../../domain/ports.ts';

export interface CloseCode {
  code: number;
  meaning: string;
  /** When the client may connect again. */
  reconnect: string;
}

type Meaning = Omit<CloseCode, 'code'>;

const MEANINGS: Readonly<Record<keyof typeof CLOSE, Meaning>> = {
  BAD_PROTOCOL: { meaning: '20 messages broke the protocol', reconnect: 'after a bug was fixed' },
  RESTART: { meaning: 'the service restarts', reconnect: 'now' },
  OVERLOAD: { meaning: 'overload', reconnect: 'later' },
  TOO_SLOW: {
    meaning: 'the client did not read: over buffer_bytes, or lossless and past the ring',
    reconnect: 'with back-off',
  },
  DRAIN: { meaning: 'this server is drained', reconnect: 'now' },
  IDLE: { meaning: 'no subscription and no message for idle_seconds', reconnect: 'when needed' },
  UNAUTHENTICATED: {
    meaning: 'no valid key, or none in time, or one without the scope ticks:read',
    reconnect: 'no',
  },
  KEY_REVOKED: { meaning: 'the key was revoked', reconnect: 'no' },
  LIMIT_EXCEEDED: { meaning: 'a limit of the key is exceeded', reconnect: 'no' },
};

/** Of the socket layer, which knows no session. */
const OF_THE_SOCKET: readonly CloseCode[] = [
  { code: 1009, meaning: 'a message over payload_bytes', reconnect: 'after a bug was fixed' },
  { code: 1011, meaning: 'an error of the service', reconnect: 'with back-off' },
];

/** Every close code of `/ws/ticks`, in order. The reason of a close reads `CODE: detail`. */
export const CLOSE_CODES: readonly CloseCode[] = [
  ...Object.entries(CLOSE).map(([name, code]) => ({
    code,
    ...MEANINGS[name as keyof typeof CLOSE],
  })),
  ...OF_THE_SOCKET,
].sort((a, b) => a.code - b.code);
