import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TickerError } from '../domain/error-codes.ts';

const KEY_BYTES = 32;
/** Says what the key opens, so that one pasted into the wrong place is recognised. */
const DEVELOPMENT_PREFIX = 'tk_dev_';
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const KEY_PATTERN = /^[A-Za-z0-9._~-]{32,256}$/;

export interface ApiKeyFile {
  key: string;
  path: string;
  /** True if this call made it. */
  created: boolean;
}

function fileError(path: string, error: unknown): TickerError {
  const reason = (error as NodeJS.ErrnoException).code ?? 'unusable';
  return new TickerError('DATA_DIR', `${path} cannot be used (${reason})`, { cause: error });
}

/** The key kept in the data directory; undefined: there is none. Throws TickerError DATA_DIR. */
export function readApiKeyFile(dataDirectory: string): ApiKeyFile | undefined {
  const path = join(dataDirectory, 'api-key');
  let key: string;
  try {
    key = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError(path, error);
  }
  if (!KEY_PATTERN.test(key)) {
    throw new TickerError('DATA_DIR', `${path} does not hold a key: delete it to get a new one`);
  }
  return { key, path, created: false };
}

/** Writes the file whole or not at all; false: somebody else was first. */
function tryCreate(path: string, key: string): boolean {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${key}\n`, { mode: OWNER_ONLY_FILE, flag: 'wx' });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

/**
 * The key kept in the data directory, made at the first call (256 random bits, readable by the
 * owner only). Two processes that start together get the same one. Throws TickerError DATA_DIR.
 */
export function readOrCreateApiKey(dataDirectory: string): ApiKeyFile {
  const kept = readApiKeyFile(dataDirectory);
  if (kept) return kept;
  const path = join(dataDirectory, 'api-key');
  const key = DEVELOPMENT_PREFIX + randomBytes(KEY_BYTES).toString('base64url');
  try {
    mkdirSync(dataDirectory, { recursive: true, mode: OWNER_ONLY_FOLDER });
    if (tryCreate(path, key)) return { key, path, created: true };
  } catch (error) {
    throw fileError(path, error);
  }
  const theirs = readApiKeyFile(dataDirectory);
  if (!theirs) throw new TickerError('DATA_DIR', `${path} vanished while it was read`);
  return theirs;
}
