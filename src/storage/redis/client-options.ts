import { isIP } from 'node:net';
import type { RedisOptions } from 'ioredis';
import type { RedisServer } from './redis-url.ts';

/** How long connections wait, and when they try again. */
export interface ClientTimes {
  /** 0 <= value < 1 */
  random: () => number;
  /** Until a connection is made, ms. */
  connectTimeoutMs?: number;
  /** Until the answer to a command, ms. */
  commandTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 2_000;
const COMMAND_TIMEOUT_MS = 1_000;
/** A connection whose commands get no answer for so many time-outs is given up. */
const DEAD_AFTER_TIMEOUTS = 2;
const FIRST_DELAY_MS = 100;
const DELAY_MAX_MS = 5_000;
const DOUBLINGS_MAX = 6;
/** How long closing waits for the server. */
const GOODBYE_MS = 500;

/** What the client library is told for one connection; `purpose` is its name on the server. */
export function clientOptions(
  { host, port, username, password, database, tls }: RedisServer,
  purpose: string,
  times: ClientTimes,
): Omit<RedisOptions, 'replyMapping'> {
  const {
    random,
    connectTimeoutMs = CONNECT_TIMEOUT_MS,
    commandTimeoutMs = COMMAND_TIMEOUT_MS,
  } = times;
  return {
    host,
    port,
    db: database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    // An IP address must not be sent as the name of a server.
    ...(tls ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}),
    connectionName: `ticker-${purpose}`,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: commandTimeoutMs * DEAD_AFTER_TIMEOUTS,
    disconnectTimeout: GOODBYE_MS,
    // Commands are never kept for the next connection: their time is over by then.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    // Full jitter, so that instances that lost Redis together do not come back together.
    retryStrategy: (attempt) =>
      random() * Math.min(DELAY_MAX_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, DOUBLINGS_MAX)),
    // What was the primary has become a replica: the name leads to the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}
