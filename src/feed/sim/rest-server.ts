import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorText } from '../../domain/error-codes.ts';
import { performCall } from './rest-calls.ts';
import type { RestCall, RestParts } from './rest-calls.ts';
import type { RestAnswer } from './rest-route.ts';
import { SIMULATOR_HEADER, rawAnswer } from './socket.ts';

const MAX_BODY_BYTES = 256 * 1024;
const CLIENT_ERROR_STATUS = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

/** The HTTP side of the simulator, not yet listening. */
export function createRestServer(parts: RestParts): Server {
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    void respond(parts, request, response);
  };
  // A request without Host would get an answer without our header.
  const server = createServer({ requireHostHeader: false }, onRequest);
  server.on('checkExpectation', onRequest);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(rawAnswer(CLIENT_ERROR_STATUS.get(error.code ?? '') ?? 400, error.message));
  });
  return server;
}

async function respond(
  parts: RestParts,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader(SIMULATOR_HEADER, '1');
  const call = readCall(message);
  // Read to the end even if refused: a client still writing would see a reset instead of an answer.
  const body = await readBody(message).catch((error: unknown) => {
    parts.log(`${call.method} ${call.path} broke off: ${errorText(error)}`);
    return undefined;
  });
  if (body === undefined) return;
  await performCall(parts, call, body, (answer) => deliver(response, message.socket, answer));
}

/** Sends an answer, or lets it end as its fault has it. */
function deliver(response: ServerResponse, socket: Socket, result: RestAnswer): void {
  const { status, headers, body, delivery } = result;
  if (delivery === 'never') return;
  if (delivery === 'reset') {
    socket.resetAndDestroy();
    return;
  }
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  if (delivery === undefined) {
    response.end(body);
    return;
  }
  // The head and the first bytes have left before the connection goes.
  response.write(body.slice(0, 1), () => socket.resetAndDestroy());
}

function readCall(message: IncomingMessage): RestCall {
  const [path = '/', query = ''] = (message.url ?? '/').split('?', 2);
  return {
    method: message.method ?? '',
    path,
    query,
    authorization: message.headers.authorization,
    acceptsGzip: /\bgzip\b/.test(message.headers['accept-encoding'] ?? ''),
    address: message.socket.remoteAddress ?? '',
    connection: message.socket,
  };
}

/** The body as text, or null if it is too large. */
async function readBody(message: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return sizeBytes > MAX_BODY_BYTES ? null : Buffer.concat(chunks).toString('utf8');
}
