import type { Config } from './settings.ts';
import { isLoopback } from './value-types.ts';

const ENCRYPTED_MODES: ReadonlySet<string> = new Set(['require', 'verify-ca', 'verify-full']);

/** What production asks for beyond valid values; see TICKER_ENV. Each line names its setting. */
export function productionDemands(config: Config): string[] {
  const demands: string[] = [];
  if (config.accountsFile !== undefined) {
    demands.push(
      'TICKER_ACCOUNTS_FILE is refused, because its secrets are plain text: ' +
        'store them with `ticker accounts import`',
    );
  }
  if (config.kmsKeyId === undefined) {
    demands.push('TICKER_KMS_KEY_ID must name the key that protects stored secrets');
  }
  demands.push(...connectionDemands(config));
  for (const origin of config.corsOrigins) {
    if (!origin.startsWith('https:')) {
      demands.push(`TICKER_CORS_ORIGINS must be https origins, not ${JSON.stringify(origin)}`);
    }
  }
  if (config.clock.speed !== 1) demands.push('TICKER_CLOCK_SPEED must be 1');
  return demands;
}

/** Nothing that is secret leaves the machine unencrypted. */
function connectionDemands({ databaseUrl, redisUrl, kmsUrl, secretsManagerUrl }: Config): string[] {
  const demands: string[] = [];
  if (databaseUrl === undefined) {
    demands.push('TICKER_DATABASE_URL or TICKER_DATABASE_URL_FILE must name the database');
  } else {
    const { hostname, searchParams } = new URL(databaseUrl);
    const mode = searchParams.get('sslmode') ?? '';
    if (!isLoopback(hostname) && !ENCRYPTED_MODES.has(mode)) {
      demands.push('TICKER_DATABASE_URL must have sslmode=verify-full (or require)');
    }
  }
  if (redisUrl !== undefined) {
    const { protocol, hostname } = new URL(redisUrl);
    if (protocol !== 'rediss:' && !isLoopback(hostname)) {
      demands.push('TICKER_REDIS_URL must start with rediss://');
    }
  }
  for (const [name, address] of [
    ['TICKER_KMS_URL', kmsUrl],
    ['TICKER_SECRETS_MANAGER_URL', secretsManagerUrl],
  ] as const) {
    if (address === undefined) continue;
    const { protocol, hostname } = new URL(address);
    if (protocol !== 'https:' && !isLoopback(hostname)) {
      demands.push(`${name} must start with https://`);
    }
  }
  return demands;
}
