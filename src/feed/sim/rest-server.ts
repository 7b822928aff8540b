import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Clock } from '../../domain/clock.ts';
import { errorText } from '../../domain/error-codes.ts';
import type { SimAccount, SimAccounts } from './accounts.ts';
import type { ActiveFaults, RestFault } from './active-faults.ts';
import { failure } from './rest-route.ts';
import type { RestAnswer, RestRequest, RestRoute } from './rest-route.ts';
import { SIMULATOR_HEADER, rawAnswer } from './socket.ts';

const MAX_BODY_BYTES = 256 * 1024;
const CLIENT_ERROR_STATUS = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

export interface RestServerParts {
  clock: Clock;
  accounts: SimAccounts;
  faults: ActiveFaults;
  routes: readonly RestRoute[];
  log: (message: string) => void;
}

/** The HTTP side of the simulator, not yet listening. */
export function createRestServer(parts: RestServerParts): Server {
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
  parts: RestServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader(SIMULATOR_HEADER, '1');
  let result: RestAnswer;
  try {
    result = await answer(parts, request);
  } catch (error) {
    parts.log(`${request.method ?? ''} ${request.url ?? ''} failed: ${errorText(error)}`);
    result = failure(500, 'GeneralException', 'Internal error.');
  }
  const { status, headers, body } = result;
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

async function answer(parts: RestServerParts, message: IncomingMessage): Promise<RestAnswer> {
  const { clock, accounts, faults, routes } = parts;
  const method = message.method ?? '';
  const [path = '/', query = ''] = (message.url ?? '/').split('?', 2);
  const credentials = authorization(message);
  const known = credentials === null ? undefined : accounts.byApiKey(credentials.apiKey);
  // Read to the end even if refused: a client still writing would see a reset instead of an answer.
  const body = await readBody(message);

  const fault = faults.takeRestFault(known?.id ?? null, method, path, clock.monotonicMs());
  if (fault !== null) return faultAnswer(fault);
  if (body === null) return failure(413, 'InputException', 'Request body too large.');

  const matches = routes.filter((route) => route.path.test(path));
  const route = matches.find((candidate) => candidate.method === method);
  if (route === undefined) {
    return matches.length === 0
      ? failure(404, 'GeneralException', 'Route not found')
      : failure(405, 'GeneralException', 'Method not allowed');
  }
  const account = session(accounts, credentials);
  if (account === null && !route.isPublic) {
    return failure(403, 'TokenException', 'Incorrect `api_key` or `access_token`.');
  }
  const request: RestRequest = {
    path,
    query: new URLSearchParams(query),
    body,
    acceptsGzip: /\bgzip\b/.test(message.headers['accept-encoding'] ?? ''),
    account,
  };
  const match = route.path.exec(path);
  if (match === null) throw new RangeError(`no match for ${path}`);
  return route.handle(request, match);
}

interface Credentials {
  apiKey: string;
  accessToken: string;
}

/** `Authorization: token api_key:access_token`. */
function authorization(message: IncomingMessage): Credentials | null {
  const match = /^token ([^:\s]+):(\S+)$/.exec(message.headers.authorization ?? '');
  return match === null ? null : { apiKey: match[1] ?? '', accessToken: match[2] ?? '' };
}

function session(accounts: SimAccounts, credentials: Credentials | null): SimAccount | null {
  if (credentials === null) return null;
  return accounts.authenticate(credentials.apiKey, credentials.accessToken);
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

function faultAnswer(fault: RestFault): RestAnswer {
  if (fault.body !== null) {
    return {
      status: fault.status,
      headers: { 'Content-Type': fault.contentType },
      body: fault.body,
    };
  }
  return failure(
    fault.status,
    fault.errorType ?? defaultErrorType(fault.status),
    fault.message ?? 'Simulated fault.',
  );
}

function defaultErrorType(status: number): string {
  if (status === 403) return 'TokenException';
  if (status === 429 || status === 503) return 'NetworkException';
  if (status === 502 || status === 504) return 'DataException';
  return status < 500 ? 'InputException' : 'GeneralException';
}
