import type { Static, TSchema } from 'typebox';
import type { ErrorCode } from '../domain/error-codes.ts';
import type { Principal, Scope } from '../domain/access.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Who may call: everybody, the holder of any key, or of a key with this scope. */
export type Access = 'public' | 'any-key' | Scope;

/** A complete answer. Security, caching and request-id headers are added by the server. */
export interface Reply {
  status: number;
  /** Media type of the body; left out when there is none. */
  contentType?: string;
  body: string | Uint8Array;
  headers?: Readonly<Record<string, string>>;
}

/** An error answer with more to say than a `TickerError` (which handlers may throw instead). */
export interface Problem {
  code: ErrorCode;
  detail: string;
  /** HTTP status; left out: that of the code. */
  status?: number;
  /** Members added to the problem document. */
  extensions?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
}

export type Answer = Reply | Problem;

export interface RouteRequest<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  /** Undefined on public routes. */
  principal: Principal | undefined;
  /** IP address of the client. */
  clientAddress: string;
  requestId: string;
  /** Value of a request header, or undefined; `name` in lower case. */
  header(name: string): string | undefined;
}

/** What an answer looks like, for the OpenAPI document. */
export interface ResponseDefinition {
  description: string;
  /** Left out: no body, or one that is not JSON. */
  schema?: TSchema;
  /** Left out: application/json with a schema, else no body. */
  contentType?: string;
  /** Headers worth knowing: what each says, by name. */
  headers?: Readonly<Record<string, string>>;
}

/** One row of a route table. Types of what the handler gets are erased; see `defineRoute`. */
export interface Route {
  method: Method;
  /** `/v1/instruments/{id}` */
  path: string;
  operationId: string;
  summary: string;
  tag: string;
  access: Access;
  /** Object schemas; a property per path segment, query parameter, body member. */
  params?: TSchema;
  query?: TSchema;
  body?: TSchema;
  /** The handler gets the body as text, whatever its media type: at most so many bytes of UTF-8. */
  rawBody?: { bytesMax: number };
  /** Request headers that the handler reads and checks itself; for the OpenAPI document. */
  headers?: TSchema;
  /** By status. */
  responses: Readonly<Record<number, ResponseDefinition>>;
  /** Error codes beyond those that every route with its access and inputs can answer. */
  errors?: readonly ErrorCode[];
  /** Taken however many requests the key makes: what must get through. */
  unlimited?: boolean;
  /** Left out of the OpenAPI document: pages and files, no interface. */
  undocumented?: boolean;
  handler(request: RouteRequest<unknown, unknown, unknown>): Answer | Promise<Answer>;
}

type Input<Schema extends TSchema | undefined> = Schema extends TSchema
  ? Static<Schema>
  : undefined;

/** A route whose handler gets what the schemas promise: they are checked before it is called. */
export function defineRoute<
  Params extends TSchema | undefined = undefined,
  Query extends TSchema | undefined = undefined,
  Body extends TSchema | undefined = undefined,
  RawBody extends Route['rawBody'] = undefined,
>(
  route: Omit<Route, 'handler' | 'params' | 'query' | 'body' | 'rawBody'> & {
    params?: Params;
    query?: Query;
    body?: Body;
    rawBody?: RawBody;
    handler(
      request: RouteRequest<
        Input<Params>,
        Input<Query>,
        RawBody extends object ? string : Input<Body>
      >,
    ): Answer | Promise<Answer>;
  },
): Route {
  return route as Route;
}

export function json(value: unknown, status = 200): Reply {
  return jsonText(JSON.stringify(value), status);
}

/** JSON that was made elsewhere. */
export function jsonText(text: string, status = 200): Reply {
  return { status, contentType: 'application/json', body: text };
}
