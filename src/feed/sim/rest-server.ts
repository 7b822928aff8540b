import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../domain/clock.ts';
import { errorText } from '../../domain/error-codes.ts';
import type { SimAccount, SimAccounts } from './accounts.ts';
import type { ActiveFaults, RestFault } from './active-faults.ts';
import type { LoggedRequest, RequestLog } from './orders/request-log.ts';
import { failure } from './rest-route.ts';
import type { RestAnswer, RestRequest, RestRoute } from './rest-route.ts';
import { SIMULATOR_HEADER, rawAnswer } from './socket.ts';

const MAX_BODY_BYTES = 256 * 1024;
const CLIENT_ERROR_STATUS = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

/** What lies between a request of a live session and its route. */
export interface Traffic {
  /** Counts the request; an answer says that it is refused. */
  admit(account: string, method: string, path: string): RestAnswer | null;
  /** How much later than usual its answer goes out, ms. */
  delayMs(account: string, method: string, path: string): number;
}

export interface RestServerParts {
  clock: Clock;
  accounts: SimAccounts;
  faults: ActiveFaults;
  routes: readonly RestRoute[];
  requests: RequestLog;
  traffic: Traffic;
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
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader(SIMULATOR_HEADER, '1');
  const call = readCall(parts, message);
  // Read to the end even if refused: a client still writing would see a reset instead of an answer.
  const body = await readBody(message).catch((error: unknown) => {
    parts.log(`${call.method} ${call.path} broke off: ${errorText(error)}`);
    return undefined;
  });
  if (body === undefined) return;
  const { requests } = parts;
  const record = requests.begin(call.head, call.query, body ?? '');
  let result: RestAnswer;
  try {
    result = await answer(parts, call, body, record);
  } catch (error) {
    parts.log(`${call.method} ${call.path} failed: ${errorText(error)}`);
    result = failure(500, 'GeneralException', 'Internal error.');
  }
  const send = (): void => {
    deliver(response, message.socket, result);
    if (record === null) return;
    const { delivery } = result;
    const isAnswered = delivery === undefined;
    requests.end(record, isAnswered ? result.status : null, delivery ?? 'answered');
  };
  const delayMs = result.delayMs ?? 0;
  if (delayMs > 0) parts.clock.setTimeout(send, delayMs).unref();
  else send();
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

/** A request as far as its head tells. */
interface Call {
  method: string;
  path: string;
  query: string;
  credentials: Credentials | null;
  known: SimAccount | undefined;
  acceptsGzip: boolean;
  head: {
    account: string | null;
    address: string;
    connection: number;
    method: string;
    path: string;
  };
}

function readCall(parts: RestServerParts, message: IncomingMessage): Call {
  const method = message.method ?? '';
  const [path = '/', query = ''] = (message.url ?? '/').split('?', 2);
  const credentials = authorization(message);
  const known = credentials === null ? undefined : parts.accounts.byApiKey(credentials.apiKey);
  const address = message.socket.remoteAddress ?? '';
  return {
    method,
    path,
    query,
    credentials,
    known,
    acceptsGzip: /\bgzip\b/.test(message.headers['accept-encoding'] ?? ''),
    head: {
      account: known?.id ?? null,
      address,
      connection: parts.requests.connectionNumber(message.socket),
      method,
      path,
    },
  };
}

async function answer(
  parts: RestServerParts,
  call: Call,
  body: string | null,
  record: LoggedRequest | null,
): Promise<RestAnswer> {
  const { clock, accounts, faults, routes, traffic } = parts;
  const { method, path, query, credentials, known } = call;
  const fault = faults.takeRestFault(known?.id ?? null, method, path, clock.monotonicMs());
  if (fault !== null) {
    if (record !== null) record.fault = 'rest_status';
    return faultAnswer(fault);
  }
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
  const id = route.isPublic ? null : (account?.id ?? null);
  const refusal = id === null ? null : traffic.admit(id, method, path);
  if (refusal !== null) return refusal;
  const request: RestRequest = {
    path,
    query: new URLSearchParams(query),
    body,
    acceptsGzip: call.acceptsGzip,
    account,
    address: call.head.address,
    record,
  };
  const match = route.path.exec(path);
  if (match === null) throw new RangeError(`no match for ${path}`);
  const result = await route.handle(request, match);
  const slowMs = id === null ? 0 : traffic.delayMs(id, method, path);
  return slowMs === 0 ? result : { ...result, delayMs: (result.delayMs ?? 0) + slowMs };
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
