import { randomBytes } from 'node:crypto';
import type { Config } from '../config/settings.ts';
import type { Clock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import type { DataKeyProvider } from './data-key.ts';
import { EnvelopeCipher } from './envelope-cipher.ts';
import { KmsProvider } from './kms-provider.ts';
import { LocalProvider } from './local-provider.ts';

export interface OpenCipherOptions {
  config: Pick<Config, 'environment' | 'dataDirectory' | 'kmsKeyId' | 'awsRegion' | 'kmsUrl'>;
  /** Of real time: the key service knows no other. */
  clock: Clock;
  /** Told that the key of development protects little. */
  warn: (message: string) => void;
}

/**
 * The cipher for stored secrets: keys of AWS KMS where the configuration names one, in development
 * else a key in the data directory. Throws TickerError CONFIG_INVALID (production without a key, an
 * unsafe address) or DATA_DIR. AWS is not asked before the first secret.
 * The system's generator makes data keys, nonces and the master key.
 */
export function openCipher({ config, clock, warn }: OpenCipherOptions): EnvelopeCipher {
  const provider = openProvider(config, clock, warn);
  return new EnvelopeCipher({ provider, clock, randomBytes });
}

function openProvider(
  { environment, dataDirectory, kmsKeyId, awsRegion, kmsUrl }: OpenCipherOptions['config'],
  clock: Clock,
  warn: (message: string) => void,
): DataKeyProvider {
  if (kmsKeyId !== undefined) {
    return new KmsProvider({ keyId: kmsKeyId, region: awsRegion, url: kmsUrl, clock });
  }
  if (environment === 'production') {
    const must = 'in production TICKER_KMS_KEY_ID must name the key that protects stored secrets';
    throw new TickerError('CONFIG_INVALID', must);
  }
  return new LocalProvider({ dataDirectory, randomBytes, warn });
}
