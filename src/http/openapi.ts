import type { TSchema } from 'typebox';
import { ERRORS, type ErrorCode } from '../domain/error-codes.ts';
import { httpStatusOf } from './problem.ts';
import type { ResponseDefinition, Route } from './route.ts';
import { staticContent, staticRoute } from './static-files.ts';

export interface OpenApiInfo {
  title: string;
  version: string;
  description: string;
}

/** The parts of the document that the pages made from it read. */
export interface OpenApiDocument {
  openapi: '3.1.0';
  info: OpenApiInfo & { license: { name: string; identifier: string } };
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: Record<string, unknown>;
  tags: { name: string }[];
}

export interface OpenApiOperation {
  operationId: string;
  summary: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: OpenApiParameter[];
  requestBody?: unknown;
  responses: Record<string, OpenApiResponse>;
}

export interface OpenApiParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: TSchema;
}

export interface OpenApiResponse {
  description: string;
  headers?: Record<string, { description: string; schema: { type: 'string' } }>;
  content?: Record<string, { schema: unknown }>;
}

type ObjectSchema = TSchema & {
  properties?: Readonly<Record<string, TSchema & { description?: string }>>;
  required?: readonly string[];
};

const PROBLEM_REFERENCE = { $ref: '#/components/schemas/Problem' };

const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'RFC 9457 problem document.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'retryable', 'request_id'],
  properties: {
    type: { type: 'string', description: 'URI reference of the page that explains the code.' },
    title: { type: 'string', description: 'The same for every problem of this code.' },
    status: { type: 'integer', description: 'HTTP status.' },
    detail: { type: 'string', description: 'What is particular to this case.' },
    instance: { type: 'string', description: 'Path of the request.' },
    code: { type: 'string', description: 'Stable; match on this.' },
    retryable: { type: 'boolean', description: 'The same request may succeed later.' },
    request_id: { type: 'string', description: 'As in the X-Request-ID header.' },
    id: { type: 'string', description: 'Of the order, if a refused one was kept.' },
    risk: {
      type: 'object',
      description: 'What the checks before an order decided and saw; see the order.',
    },
    errors: {
      type: 'array',
      description: 'What is wrong with the request, for INVALID_REQUEST.',
      items: {
        type: 'object',
        required: ['in', 'at', 'detail'],
        properties: {
          in: { type: 'string', enum: ['path', 'query', 'body'] },
          at: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
  },
};

function parameters(
  schema: TSchema | undefined,
  place: OpenApiParameter['in'],
): OpenApiParameter[] {
  const { properties = {}, required = [] } = (schema ?? {}) as ObjectSchema;
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}

/** Codes that a route can answer because of its access and its inputs, and its own. */
function errorCodes(route: Route): ErrorCode[] {
  const codes: ErrorCode[] = ['INTERNAL', ...(route.errors ?? [])];
  if (route.access !== 'public') codes.push('UNAUTHENTICATED', 'LOCKED_OUT');
  if (route.access !== 'public' && route.unlimited !== true) codes.push('RATE_LIMITED');
  if (route.access !== 'public' && route.access !== 'any-key') codes.push('FORBIDDEN');
  if (route.params || route.query || route.body) codes.push('INVALID_REQUEST');
  if (route.body) codes.push('BAD_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE');
  if (route.rawBody) codes.push('BAD_JSON', 'BODY_TOO_LARGE');
  return codes;
}

function problemResponses(route: Route): Record<string, OpenApiResponse> {
  const byStatus: Record<string, OpenApiResponse> = {};
  for (const code of new Set(errorCodes(route))) {
    const status = String(httpStatusOf(code) ?? 500);
    const text = `${code}: ${ERRORS[code].detail}`;
    const known = byStatus[status];
    byStatus[status] = {
      description: known ? `${known.description} ${text}` : text,
      content: { 'application/problem+json': { schema: PROBLEM_REFERENCE } },
    };
  }
  return byStatus;
}

function response({
  description,
  schema,
  contentType,
  headers,
}: ResponseDefinition): OpenApiResponse {
  const described = { description, ...(headers && { headers: responseHeaders(headers) }) };
  if (!schema && contentType === undefined) return described;
  const mediaType = contentType ?? 'application/json';
  return { ...described, content: { [mediaType]: { schema: schema ?? { type: 'string' } } } };
}

function responseHeaders(
  headers: Readonly<Record<string, string>>,
): NonNullable<OpenApiResponse['headers']> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  );
}

const REQUEST_ID_HEADER = { 'X-Request-ID': 'That of the request, or one of ours.' };
const RATE_HEADERS = {
  'RateLimit-Policy': 'Requests that the key may make (q) in a window of seconds (w).',
  RateLimit: 'Requests that are left (r), and seconds until there are all again (t).',
};

/** Headers that every answer has, those of a key where one is needed. */
function withCommonHeaders(
  { access }: Route,
  responses: Readonly<Record<string, OpenApiResponse>>,
): Record<string, OpenApiResponse> {
  const named = access === 'public' ? REQUEST_ID_HEADER : { ...REQUEST_ID_HEADER, ...RATE_HEADERS };
  const common = responseHeaders(named);
  return Object.fromEntries(
    Object.entries(responses).map(([status, answer]) => [
      status,
      { ...answer, headers: { ...answer.headers, ...common } },
    ]),
  );
}

function requestBody({ body, rawBody }: Route): unknown {
  if (body) return { required: true, content: { 'application/json': { schema: body } } };
  return rawBody && { required: true, content: { '*/*': { schema: { type: 'string' } } } };
}

function operation(route: Route): OpenApiOperation {
  const { operationId, summary, tag, access, params, query, headers } = route;
  const inputs = [
    ...parameters(params, 'path'),
    ...parameters(query, 'query'),
    ...parameters(headers, 'header'),
  ];
  const body = requestBody(route);
  const scopes = access === 'any-key' || access === 'public' ? [] : [access];
  const answers = Object.entries(route.responses);
  return {
    operationId,
    summary,
    tags: [tag],
    security: access === 'public' ? [] : [{ key: scopes }],
    ...(inputs.length > 0 && { parameters: inputs }),
    ...(body !== undefined && { requestBody: body }),
    responses: withCommonHeaders(route, {
      ...Object.fromEntries(answers.map(([status, answer]) => [status, response(answer)])),
      ...problemResponses(route),
    }),
  };
}

/**
 * `value` with references in place of the named schemas in it. They are known by what they say:
 * TypeBox copies schemas.
 */
function withReferences(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withReferences(item, names));
  const name = names.get(JSON.stringify(value));
  return name === undefined
    ? partsWithReferences(value, names)
    : { $ref: `#/components/schemas/${name}` };
}

function partsWithReferences(
  value: object,
  names: ReadonlyMap<string, string>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([member, part]) => [member, withReferences(part, names)]),
  );
}

/**
 * The OpenAPI 3.1 description of a route table: plain JSON data. `named`: schemas that are said
 * once and referred to from where they are used.
 */
export function openApiDocument(
  routes: readonly Route[],
  info: OpenApiInfo,
  named: Readonly<Record<string, TSchema>> = {},
): OpenApiDocument {
  const names = new Map(
    Object.entries(named).map(([name, schema]) => [JSON.stringify(schema), name]),
  );
  const documented = routes.filter((route) => !route.undocumented);
  const paths: OpenApiDocument['paths'] = {};
  for (const route of documented) {
    const path = (paths[route.path] ??= {});
    const described = operation(route);
    path[route.method.toLowerCase()] =
      names.size === 0 ? described : (withReferences(described, names) as OpenApiOperation);
  }
  return {
    openapi: '3.1.0',
    info: { ...info, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    tags: [...new Set(documented.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key of this service; the list names the scope that it needs.',
        },
      },
      schemas: {
        Problem: PROBLEM_SCHEMA,
        ...Object.fromEntries(
          Object.entries(named).map(([name, schema]) => [name, partsWithReferences(schema, names)]),
        ),
      },
    },
  };
}

/** /openapi.json */
export function openApiRoute(document: OpenApiDocument): Route {
  const content = staticContent('application/json', JSON.stringify(document));
  return staticRoute('/openapi.json', content, 'This document.');
}
