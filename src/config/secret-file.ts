import { statSync } from 'node:fs';

const READABLE_BY_OTHERS = 0o004;
const READABLE_BY_GROUP = 0o040;

/**
 * Who else can read the file of a secret, in words; undefined: nobody, or it cannot be told.
 * A file of another owner that only its group can read is not exposed: the group is how the service
 * was given it (a mounted secret of Kubernetes).
 */
export function secretFileExposure(path: string): string | undefined {
  if (process.platform === 'win32') return undefined;
  const { mode, uid } = statSync(path);
  if ((mode & READABLE_BY_OTHERS) !== 0) {
    return `${path} can be read by every user of the machine: run chmod 600 on it`;
  }
  if ((mode & READABLE_BY_GROUP) !== 0 && uid === process.getuid?.()) {
    return `${path} can be read by its group: run chmod 600 on it`;
  }
  return undefined;
}
