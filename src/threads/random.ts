import { randomBytes } from 'node:crypto';

export { randomBytes };

/** A number in [0, 1) from the system's generator: jitter, session names. */
export function random(): number {
  return randomBytes(4).readUInt32LE() / 2 ** 32;
}
