import type { Principal } from '../domain/access.ts';
import { authorize } from './authorization.ts';
import { Exchange, headerProblem } from './exchange.ts';
import type { HttpRequest, HttpResponse, TemplatedApp } from './native.ts';
import { isProblem, problem, problemOf } from './problem.ts';
import { readJsonBody, readRawBody } from './request-body.ts';
import type { Method, Route } from './route.ts';
import { Router, type Match } from './router.ts';
import { InputValidator } from './validation.ts';
import type { WebContext } from './web-context.ts';

/** A handler that takes longer is answered for with TIMEOUT. */
const HANDLER_TIMEOUT_MS = 10_000;
const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

interface Entry {
  route: Route;
  validator: InputValidator;
}

/** Who sent what. */
interface Received {
  principal: Principal | undefined;
  clientAddress: string;
  body: unknown;
}

/** Values of the Allow header for the routes of a path. */
function allowedMethods(methods: ReadonlyMap<Method, Entry>): string {
  const allowed = new Set<string>(methods.keys());
  if (allowed.has('GET')) allowed.add('HEAD');
  return [...allowed, 'OPTIONS'].join(', ');
}

/** Takes requests from a uWebSockets.js app and answers them from a route table. */
class HttpServer {
  readonly #web: WebContext;
  readonly #router = new Router<Entry>();

  constructor(web: WebContext, routes: readonly Route[]) {
    this.#web = web;
    for (const route of routes) {
      this.#router.add(route, { route, validator: new InputValidator(route) });
    }
  }

  accept(response: HttpResponse, request: HttpRequest): void {
    const exchange = new Exchange(response, request, this.#web, this.#web.clock.monotonicMs());
    try {
      this.#dispatch(exchange, response);
    } catch (error) {
      this.#sendError(exchange, error);
    }
  }

  #dispatch(exchange: Exchange, response: HttpResponse): void {
    const tooLong = headerProblem(exchange);
    if (tooLong) {
      exchange.sendProblem(tooLong, true);
      return;
    }
    const match = this.#match(exchange);
    if (!match) return;
    if (exchange.method === 'OPTIONS') {
      this.#answerOptions(exchange, match);
      return;
    }
    const method = exchange.method === 'HEAD' ? 'GET' : exchange.method;
    const entry = match.methods.get(method as Method);
    if (!entry) {
      const allow = allowedMethods(match.methods);
      const detail = `${exchange.path} has the methods ${allow}.`;
      exchange.sendProblem(problem('METHOD_NOT_ALLOWED', detail, { Allow: allow }));
      return;
    }
    const { access } = entry.route;
    const header = exchange.header('authorization');
    const clientAddress = exchange.clientAddress();
    const isLimited = entry.route.unlimited !== true;
    const caller = authorize(access, header, clientAddress, this.#web.gate, isLimited);
    if ('refused' in caller) {
      exchange.sendProblem(caller.refused);
      return;
    }
    exchange.addHeaders(caller.headers);
    const { principal } = caller;
    const run = (body: unknown): void => {
      void this.#run(exchange, entry, match, { principal, clientAddress, body });
    };
    const { body, rawBody } = entry.route;
    if (!METHODS_WITH_BODY.has(exchange.method)) run(undefined);
    else if (rawBody) readRawBody(exchange, response, rawBody.bytesMax, run);
    else readJsonBody(exchange, response, body !== undefined, run);
  }

  /** The routes of the path; undefined: there are none, and that has been answered. */
  #match(exchange: Exchange): Match<Entry> | undefined {
    let match: Match<Entry> | undefined;
    try {
      match = this.#router.match(exchange.path);
    } catch (error) {
      if (!(error instanceof URIError)) throw error;
      exchange.sendProblem(problem('INVALID_REQUEST', 'The path has a malformed escape.'));
      return undefined;
    }
    if (!match) exchange.sendProblem(problem('NOT_FOUND', `There is no ${exchange.path}.`));
    return match;
  }

  #answerOptions(exchange: Exchange, match: Match<Entry>): void {
    const origin = exchange.header('origin');
    const isPreflight =
      origin !== undefined && exchange.header('access-control-request-method') !== undefined;
    const headers = isPreflight ? this.#web.cors.preflightHeaders(origin) : [];
    exchange.send({
      status: 204,
      body: '',
      headers: { Allow: allowedMethods(match.methods), ...Object.fromEntries(headers) },
    });
  }

  /** Checks the input, calls the handler and sends its answer. Never rejects. */
  async #run(
    exchange: Exchange,
    { route, validator }: Entry,
    match: Match<Entry>,
    { principal, clientAddress, body }: Received,
  ): Promise<void> {
    const timeout = this.#web.clock.setTimeout(() => {
      exchange.sendProblem(problem('TIMEOUT', `No answer came within ${HANDLER_TIMEOUT_MS} ms.`));
    }, HANDLER_TIMEOUT_MS);
    try {
      const checked = validator.check({ params: match.params, query: exchange.query, body });
      const answer =
        'problem' in checked
          ? checked.problem
          : await route.handler({
              ...checked.input,
              principal,
              clientAddress,
              requestId: exchange.requestId,
              header: (name) => exchange.header(name),
            });
      if (isProblem(answer)) exchange.sendProblem(answer);
      else exchange.send(answer);
    } catch (error) {
      this.#sendError(exchange, error);
    } finally {
      timeout.cancel();
    }
  }

  #sendError(exchange: Exchange, error: unknown): void {
    const told = problemOf(error);
    if (!told) {
      const { requestId, method, path } = exchange;
      this.#web.logger.error({ err: error, requestId, method, path }, 'request failed');
    }
    exchange.sendProblem(told ?? problem('INTERNAL'));
  }
}

/** Answers every HTTP request of `app` from the route table; what no route takes is 404 or 405. */
export function mountHttp(app: TemplatedApp, web: WebContext, routes: readonly Route[]): void {
  const server = new HttpServer(web, routes);
  app.any('/*', (response, request) => server.accept(response, request));
}
