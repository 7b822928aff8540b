import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { parseEnv } from 'node:util';
import { TickerError } from '../domain/error-codes.ts';
import type { Environment } from './config.ts';

function readDotEnv(directory: string): Environment {
  const file = join(directory, '.env');
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new TickerError('CONFIG_FILE', `${file} cannot be read (${code ?? 'unreadable'})`);
  }
}

/**
 * Adds the settings of `.env` in `directory` to `environment`, which wins. In development only: the
 * file is not even opened when TICKER_ENV says production, and cannot say so itself.
 */
export function withDotEnv(environment: Environment, directory: string): Environment {
  if (environment['TICKER_ENV'] === 'production') return { ...environment };
  const settings = readDotEnv(directory);
  if (settings['TICKER_ENV'] === 'production') {
    throw new TickerError(
      'CONFIG_INVALID',
      'TICKER_ENV=production stands in .env, which is read in development only: ' +
        'set it in the environment of the process',
    );
  }
  return { ...settings, ...environment };
}

/** The environment of this process, with `.env` of the working directory in development. */
export function readProcessEnvironment(directory: string = process.cwd()): Environment {
  return withDotEnv(env, directory);
}
