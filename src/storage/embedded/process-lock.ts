import { createHash } from 'node:crypto';
import { statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedError } from './embedded-error.ts';

/** Bytes of a socket's address, the leading zero of an abstract one included. */
const ADDRESS_BYTES = 108;
const HAS_ABSTRACT_NAMES = process.platform === 'linux';

/**
 * Something that one process at a time holds. It is a listening socket, so the system lets go of it
 * however the process ends, and a new process with the old number does not have it. On Linux the
 * socket's name is abstract: no file is left behind.
 */
export class ProcessLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Takes the lock `purpose` of the existing folder `directory`; undefined: another process, or
   * somebody else in this one, has it. Rejects with EMBEDDED_POSTGRES.
   */
  static async take(directory: string, purpose: string): Promise<ProcessLock | undefined> {
    const address = addressOf(directory, purpose);
    const server = await (HAS_ABSTRACT_NAMES ? listen(address) : listenAtFile(address));
    return server === undefined ? undefined : new ProcessLock(server);
  }

  /** True while somebody has the lock. */
  static async isTaken(directory: string, purpose: string): Promise<boolean> {
    return answers(addressOf(directory, purpose));
  }

  release(): void {
    this.#server.close();
  }
}

function addressOf(directory: string, purpose: string): string {
  const { dev, ino } = identityOf(directory);
  const name = createHash('sha512').update(`${dev} ${ino} ${purpose}`).digest('hex');
  if (!HAS_ABSTRACT_NAMES) return join(tmpdir(), `ticker-${name.slice(0, 32)}.lock`);
  return `\0ticker-${name}`.slice(0, ADDRESS_BYTES);
}

/* A folder has many names, and one identity. */
function identityOf(directory: string): { dev: number; ino: number } {
  try {
    return statSync(directory);
  } catch (error) {
    throw embeddedError(`${directory} cannot be used`, error);
  }
}

/** Undefined: somebody listens there, or a file is in the way. */
function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(embeddedError('a lock cannot be taken', error));
    });
    server.listen(address, () => {
      // The lock alone is no reason to go on.
      server.unref();
      resolve(server);
    });
  });
}

/* Two that find the same dead file in the same moment could both go on; where there are no abstract
   names there is nothing better without native code. */
async function listenAtFile(path: string): Promise<Server | undefined> {
  const server = await listen(path);
  if (server !== undefined || (await answers(path))) return server;
  unlinkSync(path);
  return listen(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
