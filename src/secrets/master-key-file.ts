import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { secretFileExposure } from '../config/secret-file.ts';
import { TickerError } from '../domain/error-codes.ts';
import { DATA_KEY_BYTES, type RandomBytes } from './data-key.ts';

const FILE_NAME = 'local-master-key';
const KEY_TEXT = /^[A-Za-z0-9_-]{43}$/;
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

export interface MasterKeyFile {
  /** 256 bits. */
  key: Uint8Array;
  path: string;
}

/** Where the master key of a data directory is kept. */
export function masterKeyPath(dataDirectory: string): string {
  return join(dataDirectory, FILE_NAME);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unusable';
}

/** Undefined: there is none. Throws TickerError DATA_DIR. */
function readKey(path: string): Uint8Array | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'latin1').trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new TickerError('DATA_DIR', `${path} cannot be used (${codeOf(error)})`);
  }
  const exposure = secretFileExposure(path);
  if (exposure !== undefined) throw new TickerError('DATA_DIR', exposure);
  const key = Buffer.from(text, 'base64url');
  if (!KEY_TEXT.test(text) || key.length !== DATA_KEY_BYTES) {
    throw new TickerError('DATA_DIR', `${path} does not hold a master key`);
  }
  return key;
}

/** On the disk before this returns: what it encrypts must not outlive it. */
function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', OWNER_ONLY_FILE);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Puts the file there whole or not at all; one that somebody else made first is left alone. */
function createFile(folder: string, path: string, randomBytes: RandomBytes): void {
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  const draft = `${path}.${Buffer.from(randomBytes(6)).toString('hex')}`;
  try {
    writeDurably(draft, `${Buffer.from(randomBytes(DATA_KEY_BYTES)).toString('base64url')}\n`);
    linkSync(draft, path);
    syncFolder(folder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * The master key kept in the data directory, made at the first call (256 random bits, readable by
 * the owner only). Processes that start together get the same one. Throws TickerError DATA_DIR;
 * a file that others can read is refused, not repaired: its key may be known already.
 */
export function readOrCreateMasterKey(
  dataDirectory: string,
  randomBytes: RandomBytes,
): MasterKeyFile {
  const path = masterKeyPath(dataDirectory);
  const kept = readKey(path);
  if (kept !== undefined) return { key: kept, path };
  try {
    createFile(dataDirectory, path, randomBytes);
  } catch (error) {
    throw new TickerError('DATA_DIR', `${path} cannot be made (${codeOf(error)})`);
  }
  const key = readKey(path);
  if (key === undefined) throw new TickerError('DATA_DIR', `${path} vanished while it was read`);
  return { key, path };
}
