import { readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { errorText, TickerError } from '../../domain/error-codes.ts';
import type { DatabaseServer } from './database-url.ts';

/** Int32 length 8, then the code that asks a server for TLS. */
const TLS_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const TLS_ACCEPTED = 'S'.charCodeAt(0);

/**
 * A connection to the server, encrypted where its URL says so. `onSocket` gets every socket at
 * once, so that an attempt can be given up. Rejects with DATABASE_UNAVAILABLE, or CONFIG_FILE for
 * the root certificate.
 */
export async function openServerSocket(
  server: DatabaseServer,
  onSocket: (socket: Socket) => void,
): Promise<Socket> {
  const trust = trustOf(server);
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  onSocket(socket);
  await first(socket, 'connect', server);
  if (server.tls === 'disable') return watched(socket);
  socket.write(TLS_REQUEST);
  const [answer] = await first(socket, 'data', server);
  if (!Buffer.isBuffer(answer) || answer.length !== 1 || answer[0] !== TLS_ACCEPTED) {
    socket.destroy();
    throw unavailable(server, 'it does not offer TLS; on a trusted network add sslmode=disable');
  }
  const secure = connectTls({
    socket,
    ...trust,
    // The name in the certificate is the one in the URL; an address is no server name.
    host: server.host,
    ...(isIP(server.host) === 0 ? { servername: server.host } : {}),
  });
  onSocket(secure);
  await first(secure, 'secureConnect', server);
  return watched(secure);
}

function trustOf({ tls, rootCertificateFile }: DatabaseServer): ConnectionOptions {
  const verify = { rejectUnauthorized: tls === 'verify-full' };
  if (rootCertificateFile === undefined) return verify;
  try {
    return { ...verify, ca: readFileSync(rootCertificateFile) };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? errorText(error);
    throw new TickerError('CONFIG_FILE', `sslrootcert ${rootCertificateFile}: ${reason}`);
  }
}

/** The arguments of the next `event`; rejects when the socket fails or closes before. */
function first(socket: Socket, event: string, server: DatabaseServer): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      socket.removeListener(event, onEvent);
      socket.removeListener('error', onError);
      socket.removeListener('close', onClose);
      act();
    };
    const onEvent = (...args: unknown[]): void => settle(() => resolve(args));
    const onError = (error: NodeJS.ErrnoException): void =>
      settle(() => reject(unavailable(server, error.code ?? error.message)));
    const onClose = (): void =>
      settle(() => reject(unavailable(server, 'it closed the connection')));
    socket.once(event, onEvent);
    socket.once('error', onError);
    socket.once('close', onClose);
  });
}

/* Left alone, postgres.js takes a close without an error during its start-up for a reason to try
   again at once, for ever. */
function watched(socket: Socket): Socket {
  return socket.once('end', () => {
    if (socket.writableEnded) return;
    const error = new Error('the server closed the connection');
    socket.destroy(Object.assign(error, { code: 'CONNECTION_CLOSED' }));
  });
}

function unavailable({ host, port }: DatabaseServer, reason: string): TickerError {
  return new TickerError('DATABASE_UNAVAILABLE', `PostgreSQL at ${host}:${port}: ${reason}`);
}
