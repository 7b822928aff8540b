import { TickerError } from '../../domain/error-codes.ts';

/** Where a Redis server is, and how to get in. */
export interface RedisServer {
  /** A name or an IP address, without brackets. */
  host: string;
  port: number;
  username: string | undefined;
  password: string | undefined;
  database: number;
  tls: boolean;
}

const DEFAULT_PORT = 6379;

function decoded(text: string): string | undefined {
  return text === '' ? undefined : decodeURIComponent(text);
}

/**
 * Reads `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. Throws
 * CONFIG_INVALID, without the URL's text.
 */
export function parseRedisUrl(text: string): RedisServer {
  const fail = (reason: string): never => {
    throw new TickerError('CONFIG_INVALID', `the URL of Redis ${reason}`);
  };
  if (!URL.canParse(text)) return fail('is not a URL');
  const url = new URL(text);
  const tls = url.protocol === 'rediss:';
  if (!tls && url.protocol !== 'redis:') fail('must start with redis:// or rediss://');
  if (url.hostname === '') fail('has no host');
  if (url.search !== '' || url.hash !== '') fail('must not have parameters');
  const database = /^(?:|\/|\/(\d{1,5}))$/.exec(url.pathname);
  if (database === null) return fail('must end with the number of a database, or nothing');
  try {
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? DEFAULT_PORT : Number(url.port),
      username: decoded(url.username),
      password: decoded(url.password),
      database: Number(database[1] ?? 0),
      tls,
    };
  } catch {
    return fail('has a user or password that is not percent-encoded');
  }
}
