import { accessSync, constants, readFileSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { embeddedError } from './embedded-error.ts';

/** Under whom PostgreSQL runs; it refuses to run as root. */
export interface PostgresUser {
  name: string;
  uid: number;
  gid: number;
  /** False: it is the user of this process. */
  isOther: boolean;
}

/** Users that a machine has anyway, the best first. */
const UNPRIVILEGED = ['postgres', 'nobody'];
const ROOT_UID = 0;
/** Of a directory: may be passed through. Of a file: may be run. */
const EXECUTE = 0o1;
const READ = 0o4;

/** This process's user or, for root, an unprivileged one. Throws EMBEDDED_POSTGRES. */
export function choosePostgresUser(): PostgresUser {
  const uid = process.getuid?.() ?? -1;
  const gid = process.getgid?.() ?? -1;
  if (uid !== ROOT_UID) return { name: `user ${uid}`, uid, gid, isOther: false };
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of UNPRIVILEGED) {
    const entry = entries.find(([entryName]) => entryName === name);
    const found = { name, uid: Number(entry?.[2]), gid: Number(entry?.[3]), isOther: true };
    if (entry !== undefined && found.uid > ROOT_UID && found.gid >= 0) return found;
  }
  throw embeddedError(
    'PostgreSQL does not run as root',
    `there is neither a user ${UNPRIVILEGED.join(' nor ')}: run the service as another user, or ` +
      'set TICKER_DATABASE_URL',
  );
}

/** The owner of files that PostgreSQL made before. */
export function ownerAsUser({ uid, gid }: Stats): PostgresUser {
  return { name: `user ${uid}`, uid, gid, isOther: uid !== process.getuid?.() };
}

/** True if `user` may pass through `folder` and every folder above it. */
export function canReach(user: PostgresUser, folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    if (!isAllowed(user, path, EXECUTE)) return false;
    if (path === dirname(path)) return true;
  }
}

export function canRead(user: PostgresUser, file: string): boolean {
  return isAllowed(user, file, READ);
}

export function canRun(user: PostgresUser, file: string): boolean {
  return isAllowed(user, file, READ) && isAllowed(user, file, EXECUTE);
}

function isAllowed(user: PostgresUser, path: string, bit: number): boolean {
  try {
    if (!user.isOther) {
      accessSync(path, bit === READ ? constants.R_OK : constants.X_OK);
      return true;
    }
    const { mode, uid, gid } = statSync(path);
    if (uid === user.uid) return (mode & (bit << 6)) !== 0;
    return (mode & (gid === user.gid ? bit << 3 : bit)) !== 0;
  } catch {
    // Not there, or not even ours to look at.
    return false;
  }
}
