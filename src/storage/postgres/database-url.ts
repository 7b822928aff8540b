import { TickerError } from '../../domain/error-codes.ts';

/**
 * `require` encrypts but takes any certificate; `verify-full` also checks that it is the server's.
 */
export type TlsMode = 'disable' | 'require' | 'verify-full';

/** A database, as its URL names it. */
export interface DatabaseServer {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string | undefined;
  tls: TlsMode;
  /** PEM file of the authorities that are trusted instead of the platform's. */
  rootCertificateFile: string | undefined;
}

const DEFAULT_PORT = 5432;
const TLS_MODES: readonly string[] = ['disable', 'require', 'verify-full'] satisfies TlsMode[];
const PARAMETERS: readonly string[] = ['sslmode', 'sslrootcert'];
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;

/**
 * Reads `postgres://user:password@host:port/database?sslmode=...&sslrootcert=...`. Without sslmode
 * it is `disable` on this machine and `require` elsewhere. Throws CONFIG_INVALID, without the URL,
 * for anything that would be passed over.
 */
export function parseDatabaseUrl(text: string): DatabaseServer {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalid('is not a URL');
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw invalid('must begin with postgres://');
  }
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.includes(name)) {
      throw invalid(`has the parameter ${JSON.stringify(name)}; known: ${PARAMETERS.join(', ')}`);
    }
  }
  const host = decoded(url.hostname).replace(/^\[(.*)\]$/, '$1');
  const database = decoded(url.pathname.slice(1));
  const user = decoded(url.username);
  if (host === '' || database === '' || user === '') {
    throw invalid('must name a user, a host and a database');
  }
  const mode = url.searchParams.get('sslmode') ?? (LOOPBACK.test(host) ? 'disable' : 'require');
  if (!isTlsMode(mode)) throw invalid(`needs sslmode=${TLS_MODES.join(' or ')}`);
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    database,
    user,
    password: url.password === '' ? undefined : decoded(url.password),
    tls: mode,
    rootCertificateFile: url.searchParams.get('sslrootcert') ?? undefined,
  };
}

function isTlsMode(text: string): text is TlsMode {
  return TLS_MODES.includes(text);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('has a % that encodes nothing');
  }
}

function invalid(problem: string): TickerError {
  return new TickerError('CONFIG_INVALID', `the database URL ${problem}`);
}
