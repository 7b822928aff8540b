import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { Binaries } from './binaries.ts';
import { embeddedError } from './embedded-error.ts';
import type { Home } from './home.ts';
import { startProgram } from './program.ts';

export const SUPERUSER = 'ticker';
/** The one that initdb makes. */
export const DATABASE = 'postgres';

const PASSWORD_BYTES = 32;
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/**
 * The superuser's password. Throws EMBEDDED_POSTGRES, also if there are data without one.
 */
export function readPassword(home: Home): string {
  try {
    return readFileSync(home.passwordFile, 'utf8').trim();
  } catch (error) {
    throw embeddedError(
      `the password of the database in ${home.folder} cannot be read`,
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? `${home.passwordFile} is missing: put it back, or remove the folder and what is stored`
        : error,
    );
  }
}

/**
 * Makes the database files unless they are there: whole or not at all, however this process ends.
 * Data are checksummed, and only a random password opens them. Rejects with EMBEDDED_POSTGRES.
 */
export async function makeCluster(
  home: Home,
  binaries: Binaries,
  isDurable: boolean,
): Promise<void> {
  if (existsSync(home.dataFolder)) return;
  const draft = `${home.dataFolder}.draft`;
  const passwordCopy = `${home.passwordFile}.initdb`;
  try {
    // What is left of an attempt that did not end.
    rmSync(draft, { recursive: true, force: true });
    rmSync(passwordCopy, { force: true });
    const password = randomBytes(PASSWORD_BYTES).toString('base64url');
    writeOwned(home.passwordFile, `${password}\n`, undefined);
    writeOwned(passwordCopy, `${password}\n`, home);
    mkdirSync(draft, { mode: OWNER_ONLY_FOLDER });
    if (home.user.isOther) chownSync(draft, home.user.uid, home.user.gid);
    await initialise(home, binaries, [
      '-D',
      draft,
      `--pwfile=${passwordCopy}`,
      ...(isDurable ? [] : ['--no-sync']),
    ]);
    renameSync(draft, home.dataFolder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw embeddedError(`a database cannot be made in ${home.folder}`, error);
  } finally {
    rmSync(passwordCopy, { force: true });
  }
}

async function initialise(home: Home, binaries: Binaries, args: string[]): Promise<void> {
  const initdb = await startProgram(
    binaries.initdb,
    [
      ...args,
      `--username=${SUPERUSER}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--data-checksums',
      '--no-instructions',
    ],
    home.user,
    binaries.environment,
  );
  const code = await initdb.ended;
  if (code === 0) return;
  throw embeddedError(`initdb in ${home.folder} failed`, outputAdvice(initdb.output()));
}

/** What programs print of a full disk and the like, with what to do. */
export function outputAdvice(output: string): string {
  const end = output.replace(/\s*\n\s*/g, ' ').slice(-OUTPUT_SHOWN_CHARACTERS);
  if (/No space left on device|Disk quota exceeded|File too large/.test(output)) {
    return `the disk is full: free some space; it said: ${end}`;
  }
  return `it said: ${end === '' ? 'nothing' : end}`;
}

const OUTPUT_SHOWN_CHARACTERS = 400;

function writeOwned(path: string, text: string, owner: Home | undefined): void {
  writeFileSync(path, text, { mode: OWNER_ONLY_FILE });
  chmodSync(path, OWNER_ONLY_FILE);
  if (owner?.user.isOther === true) chownSync(path, owner.user.uid, owner.user.gid);
}
