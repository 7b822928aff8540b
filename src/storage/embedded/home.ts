import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { embeddedError } from './embedded-error.ts';
import { canReach, choosePostgresUser, ownerAsUser, type PostgresUser } from './postgres-user.ts';

/** Where the embedded PostgreSQL of a data directory lives, and as whom. */
export interface Home {
  /** Everything of it is in here. */
  folder: string;
  /** The database files; not there before the first start. */
  dataFolder: string;
  passwordFile: string;
  /** The port of the last start. */
  portFile: string;
  user: PostgresUser;
  /** Set: it is not in the data directory, because of what this says. */
  elsewhere?: string;
}

/** Where root keeps what its unprivileged user could not reach in the data directory. */
const SYSTEM_FOLDER = '/var/lib/ticker';
/** Names the folder, where it is not in the data directory. */
const LOCATION_FILE = 'postgres-location';
const OWNER_ONLY_FOLDER = 0o700;
/** Nobody but the group may pass through; nobody may look. */
const GROUP_PASSES = 0o710;
const EVERYBODY_PASSES = 0o755;
const OTHERS_BITS = 0o077;
const HASH_CHARACTERS = 16;

/** True if the data directory has an embedded database; nothing is made. */
export function hasEmbeddedDatabase(dataDirectory: string): boolean {
  if (!existsSync(dataDirectory)) return false;
  const folder = rememberedFolder(dataDirectory) ?? join(dataDirectory, 'postgres');
  return existsSync(join(folder, 'data'));
}

/** Finds the home of a data directory, or makes it. Throws EMBEDDED_POSTGRES. */
export function prepareHome(dataDirectory: string): Home {
  try {
    mkdirSync(dataDirectory, { recursive: true, mode: OWNER_ONLY_FOLDER });
    const directory = realpathSync(resolve(dataDirectory));
    const chosen = choosePostgresUser();
    const folder = folderOf(directory, chosen);
    const dataFolder = join(folder, 'data');
    const user = existsSync(dataFolder) ? ownerOf(dataFolder, chosen) : chosen;
    if (user === chosen) makeFolder(folder, user);
    return {
      folder,
      dataFolder,
      passwordFile: join(folder, 'password'),
      portFile: join(folder, 'port'),
      user,
      ...(dirname(folder) === directory
        ? {}
        : { elsewhere: `${user.name}, as whom PostgreSQL runs, cannot reach ${directory}` }),
    };
  } catch (error) {
    throw embeddedError(`the embedded PostgreSQL cannot be kept in ${dataDirectory}`, error);
  }
}

/** Once chosen it stays the same, whatever becomes of permissions. */
function folderOf(directory: string, user: PostgresUser): string {
  const inside = join(directory, 'postgres');
  const remembered = rememberedFolder(directory);
  if (remembered !== undefined) return remembered;
  if (existsSync(join(inside, 'data')) || !user.isOther || letPass(directory, user)) return inside;
  const outside = systemFolder(directory);
  writeFileSync(join(directory, LOCATION_FILE), `${outside}\n`);
  return outside;
}

function rememberedFolder(dataDirectory: string): string | undefined {
  const file = join(dataDirectory, LOCATION_FILE);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** Lets the user pass through the data directory, which is ours; false: not so far. */
function letPass(directory: string, user: PostgresUser): boolean {
  if (!canReach(user, dirname(directory))) return false;
  if (canReach(user, directory)) return true;
  const { uid, mode } = statSync(directory);
  if (uid !== process.getuid?.() || (mode & OTHERS_BITS) !== 0) return false;
  chownSync(directory, uid, user.gid);
  chmodSync(directory, GROUP_PASSES);
  return true;
}

function systemFolder(directory: string): string {
  const name = createHash('sha256').update(directory).digest('hex').slice(0, HASH_CHARACTERS);
  if (!existsSync(SYSTEM_FOLDER)) {
    mkdirSync(SYSTEM_FOLDER, { recursive: true });
    chmodSync(SYSTEM_FOLDER, EVERYBODY_PASSES);
  }
  return join(SYSTEM_FOLDER, name);
}

function makeFolder(folder: string, user: PostgresUser): void {
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  if (!user.isOther) return;
  chownSync(folder, process.getuid?.() ?? 0, user.gid);
  chmodSync(folder, GROUP_PASSES);
}

/** What a user has made stays that user's. */
function ownerOf(dataFolder: string, user: PostgresUser): PostgresUser {
  const owner = statSync(dataFolder);
  if (owner.uid === user.uid) return user;
  if (user.isOther) return ownerAsUser(owner);
  throw embeddedError(
    `${dataFolder} belongs to user ${owner.uid}`,
    'run the service as the user who ran it before, or choose another TICKER_DATA_DIR',
  );
}
