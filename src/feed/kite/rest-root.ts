import { TickerError } from '../../domain/error-codes.ts';

/** Where the REST interface of a broker is. */
export interface RestRoot {
  origin: string;
  /** In front of every path, without a slash at its end. */
  prefix: string;
  /** For messages. */
  host: string;
}

/** Throws TickerError CONFIG_INVALID if `restUrl` is not an HTTP URL. */
export function restRoot(restUrl: string): RestRoot {
  const url = URL.canParse(restUrl) ? new URL(restUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TickerError('CONFIG_INVALID', 'the REST URL of the broker is not an http(s) URL');
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/$/, ''), host: url.host };
}
