import { STATUS_CODES } from 'node:http';
import type { ClientAddresses } from './client-address.ts';
import type { HttpRequest, HttpResponse, UpgradeContext } from './native.ts';
import { problem, problemReply } from './problem.ts';
import type { Problem, Reply } from './route.ts';
import type { HeaderLines } from './security-headers.ts';

/** Request line and headers are at most this long; the library's own bound varies with packets. */
const HEADER_BYTES_MAX = 16_384;

const REQUEST_ID = /^[A-Za-z0-9._~:+/=-]{1,128}$/;

/** What is the same for all exchanges of a server. */
export interface ExchangeContext {
  clientAddresses: ClientAddresses;
  securityHeaders: HeaderLines;
  /** Makes an id for requests that bring none. */
  newRequestId(): string;
  /** CORS headers of an answer to a request from `origin`. */
  corsHeaders(origin: string): HeaderLines;
  /** Called once for every answer that is sent. */
  onAnswer(exchange: Exchange, status: number): void;
}

/** "404 Not Found" */
function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? 'Unknown'}`;
}

/**
 * One request and its one answer. Reads all it needs of the request at once, because
 * uWebSockets.js takes the request back when the callback returns. An answer that comes after the
 * client went away, or after another answer, is dropped.
 */
export class Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly requestId: string;
  /** Bytes of the request line and the headers. */
  readonly headerBytes: number;
  readonly startedMs: number;
  readonly #headers = new Map<string, string>();
  readonly #response: HttpResponse;
  readonly #context: ExchangeContext;
  #added: Readonly<Record<string, string>> = {};
  #over = false;

  constructor(
    response: HttpResponse,
    request: HttpRequest,
    context: ExchangeContext,
    startedMs: number,
  ) {
    this.#response = response;
    this.#context = context;
    this.startedMs = startedMs;
    this.method = request.getMethod().toUpperCase();
    this.path = request.getUrl();
    this.query = request.getQuery() ?? '';
    let headerBytes = this.method.length + this.path.length + this.query.length;
    request.forEach((name, value) => {
      headerBytes += name.length + value.length;
      const earlier = this.#headers.get(name);
      this.#headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
    });
    this.headerBytes = headerBytes;
    const offered = this.header('x-request-id');
    this.requestId =
      offered !== undefined && REQUEST_ID.test(offered) ? offered : context.newRequestId();
    response.onAborted(() => {
      this.#over = true;
    });
  }

  /** Value of a request header, of several the list; `name` in lower case. */
  header(name: string): string | undefined {
    return this.#headers.get(name);
  }

  /** IP address of the client as text, also behind a trusted proxy; ask before the answer. */
  clientAddress(): string {
    const peer = Buffer.from(this.#response.getRemoteAddressAsText()).toString('latin1');
    return this.#context.clientAddresses.of(peer, this.header('x-forwarded-for'));
  }

  /** Headers of the answer beyond its own. */
  addHeaders(headers: Readonly<Record<string, string>>): void {
    this.#added = headers;
  }

  /** `closing`: ends the connection too, because the rest of the request will not be read. */
  sendProblem(problem: Problem, closing = false): void {
    this.send(problemReply(problem, this.path, this.requestId), closing);
  }

  send(reply: Reply, closing = false): void {
    if (this.#over) return;
    this.#over = true;
    const response = this.#response;
    response.cork(() => {
      response.writeStatus(statusLine(reply.status));
      this.#writeHeaders(reply);
      if (reply.status === 204 || reply.status === 304) {
        response.endWithoutBody();
      } else if (this.method !== 'HEAD') {
        response.end(reply.body, closing);
      } else if (closing) {
        response.end('', true);
      } else {
        // The length of what GET would send. The library's own argument for it (3.0.6) leaves the
        // exchange open for ever.
        response.writeHeader('Content-Length', String(Buffer.byteLength(reply.body)));
        response.endWithoutBody();
      }
    });
    this.#context.onAnswer(this, reply.status);
  }

  /**
   * Turns the connection into a WebSocket, in the callback that brought the request. `protocol`:
   * the subprotocol to answer with, or an empty text.
   */
  upgrade(userData: object, protocol: string, context: UpgradeContext): void {
    this.#over = true;
    this.#response.cork(() => {
      this.#response.writeStatus(statusLine(101));
      this.#writeCommonHeaders();
      this.#response.upgrade(
        userData,
        this.header('sec-websocket-key') ?? '',
        protocol,
        this.header('sec-websocket-extensions') ?? '',
        context,
      );
    });
    this.#context.onAnswer(this, 101);
  }

  #writeCommonHeaders(): void {
    const response = this.#response;
    for (const [name, value] of this.#context.securityHeaders) response.writeHeader(name, value);
    const cors = this.#context.corsHeaders(this.header('origin') ?? '');
    for (const [name, value] of cors) response.writeHeader(name, value);
    response.writeHeader('X-Request-ID', this.requestId);
  }

  #writeHeaders(reply: Reply): void {
    const response = this.#response;
    this.#writeCommonHeaders();
    if (reply.contentType !== undefined) response.writeHeader('Content-Type', reply.contentType);
    const headers = { ...this.#added, ...reply.headers };
    if (!('Cache-Control' in headers)) response.writeHeader('Cache-Control', 'no-store');
    for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
  }
}

/** Why a request is refused for the length of its headers; undefined: it is not. */
export function headerProblem(exchange: Exchange): Problem | undefined {
  if (exchange.headerBytes <= HEADER_BYTES_MAX) return undefined;
  const detail = `The request line and headers are limited to ${HEADER_BYTES_MAX} bytes.`;
  return problem('HEADERS_TOO_LARGE', detail);
}
