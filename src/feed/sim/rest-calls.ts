import type { Clock } from '../../domain/clock.ts';
import { errorText } from '../../domain/error-codes.ts';
import type { SimAccount, SimAccounts } from './accounts.ts';
import type { ActiveFaults, RestFault } from './active-faults.ts';
import type { LoggedRequest, RequestLog } from './orders/request-log.ts';
import { failure } from './rest-route.ts';
import type { RestAnswer, RestRequest, RestRoute } from './rest-route.ts';

/** What lies between a request of a live session and its route. */
export interface Traffic {
  /** Counts the request; an answer says that it is refused. */
  admit(account: string, method: string, path: string): RestAnswer | null;
  /** How much later than usual its answer goes out, ms. */
  delayMs(account: string, method: string, path: string): number;
}

export interface RestParts {
  clock: Clock;
  accounts: SimAccounts;
  faults: ActiveFaults;
  routes: readonly RestRoute[];
  requests: RequestLog;
  traffic: Traffic;
  log: (message: string) => void;
}

/** A request as its head tells, whatever carried it. */
export interface RestCall {
  method: string;
  path: string;
  /** Without the question mark. */
  query: string;
  /** Value of the Authorization header. */
  authorization: string | undefined;
  acceptsGzip: boolean;
  address: string;
  /** What carries it: one object for each TCP connection. */
  connection: object;
}

/**
 * Does what a request asks, with its place in the log, and gives the answer to `send` when it is
 * due; how it goes out is up to `send`. `body` is null if it was too large.
 */
export async function performCall(
  parts: RestParts,
  call: RestCall,
  body: string | null,
  send: (answer: RestAnswer) => void,
): Promise<void> {
  const { accounts, requests } = parts;
  const credentials = readCredentials(call.authorization);
  const known = credentials === null ? undefined : accounts.byApiKey(credentials.apiKey);
  const head = {
    account: known?.id ?? null,
    address: call.address,
    connection: requests.connectionNumber(call.connection),
    method: call.method,
    path: call.path,
  };
  const record = requests.begin(head, call.query, body ?? '');
  let result: RestAnswer;
  try {
    const session =
      credentials === null
        ? null
        : accounts.authenticate(credentials.apiKey, credentials.accessToken);
    result = await answer(parts, call, { known, session }, body, record);
  } catch (error) {
    parts.log(`${call.method} ${call.path} failed: ${errorText(error)}`);
    result = failure(500, 'GeneralException', 'Internal error.');
  }
  const end = (): void => {
    send(result);
    if (record === null) return;
    const { delivery } = result;
    const isAnswered = delivery === undefined;
    requests.end(record, isAnswered ? result.status : null, delivery ?? 'answered');
  };
  const delayMs = result.delayMs ?? 0;
  if (delayMs > 0) parts.clock.setTimeout(end, delayMs).unref();
  else end();
}

/** Whose key a request has, and whose live session. */
interface Caller {
  known: SimAccount | undefined;
  session: SimAccount | null;
}

async function answer(
  parts: RestParts,
  call: RestCall,
  { known, session }: Caller,
  body: string | null,
  record: LoggedRequest | null,
): Promise<RestAnswer> {
  const { clock, faults, routes, traffic } = parts;
  const { method, path } = call;
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
  if (session === null && !route.isPublic) {
    return failure(403, 'TokenException', 'Incorrect `api_key` or `access_token`.');
  }
  const id = route.isPublic ? null : (session?.id ?? null);
  const refusal = id === null ? null : traffic.admit(id, method, path);
  if (refusal !== null) return refusal;
  const request: RestRequest = {
    path,
    query: new URLSearchParams(call.query),
    body,
    acceptsGzip: call.acceptsGzip,
    account: session,
    address: call.address,
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

/** `token api_key:access_token`. */
function readCredentials(authorization: string | undefined): Credentials | null {
  const match = /^token ([^:\s]+):(\S+)$/.exec(authorization ?? '');
  return match === null ? null : { apiKey: match[1] ?? '', accessToken: match[2] ?? '' };
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
