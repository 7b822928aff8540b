import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import type { Problem, Route } from './route.ts';

/** One thing that is wrong with a request, as `errors` of the problem document lists it. */
export interface InputError {
  in: 'path' | 'query' | 'body';
  /** Name of the parameter, or JSON pointer into the body. */
  at: string;
  detail: string;
}

export interface RawInput {
  params: Readonly<Record<string, string>>;
  query: string;
  /** Parsed JSON; undefined without a body. */
  body: unknown;
}

export interface ValidInput {
  params: unknown;
  query: unknown;
  body: unknown;
}

type InputSchema = TSchema & {
  properties?: Readonly<Record<string, { type?: string }>>;
};

type SchemaError = ReturnType<Validator['Errors']>[number];

const INTEGER = /^-?\d{1,15}$/;
const NUMBER = /^-?\d{1,15}(\.\d{1,15})?$/;

/** The typed value of a parameter's text; text that does not fit stays text, and is reported. */
function typed(type: string | undefined, text: string): unknown {
  if (type === 'integer' && INTEGER.test(text)) return Number(text);
  if (type === 'number' && NUMBER.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function typedParameters(
  schema: InputSchema | undefined,
  entries: Iterable<readonly [string, string]>,
  errors: InputError[],
  place: InputError['in'],
): Record<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [name, text] of entries) {
    if (values.has(name)) errors.push({ in: place, at: name, detail: 'is given twice' });
    const known = schema?.properties && Object.hasOwn(schema.properties, name);
    values.set(name, typed(known ? schema.properties?.[name]?.type : undefined, text));
  }
  return Object.fromEntries(values);
}

function listed(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function describe(error: SchemaError, place: InputError['in']): InputError[] {
  const params = error.params as Readonly<Record<string, unknown>>;
  const at = (name?: string): string => {
    const pointer = error.instancePath + (name === undefined ? '' : `/${name}`);
    return place === 'body' ? pointer : pointer.slice(1);
  };
  const line = (detail: string, name?: string): InputError => ({ in: place, at: at(name), detail });
  switch (error.keyword) {
    case 'boolean':
      // Says again what `additionalProperties` or another keyword says better.
      return [];
    case 'additionalProperties':
      return listed(params['additionalProperties']).map((name) => line('is not known', name));
    case 'required':
      return listed(params['requiredProperties']).map((name) => line('is missing', name));
    case 'enum':
      return [line(`must be one of ${listed(params['allowedValues']).join(', ')}`)];
    default:
      return [line(error.message)];
  }
}

/** Checks the inputs of one route; compiled once, at the start. */
export class InputValidator {
  readonly #params: Validator | undefined;
  readonly #query: Validator | undefined;
  readonly #body: Validator | undefined;
  readonly #route: Pick<Route, 'params' | 'query' | 'body'>;

  constructor(route: Pick<Route, 'params' | 'query' | 'body'>) {
    this.#route = route;
    this.#params = route.params && Compile(route.params);
    this.#query = route.query && Compile(route.query);
    this.#body = route.body && Compile(route.body);
  }

  /** The typed inputs, or what is wrong with them. A query that no schema describes is ignored. */
  check(raw: RawInput): { input: ValidInput } | { problem: Problem } {
    const errors: InputError[] = [];
    const params = typedParameters(this.#route.params, Object.entries(raw.params), errors, 'path');
    const queryEntries = this.#query ? new URLSearchParams(raw.query) : [];
    const query = typedParameters(this.#route.query, queryEntries, errors, 'query');
    this.#collect(this.#params, params, 'path', errors);
    this.#collect(this.#query, query, 'query', errors);
    this.#collect(this.#body, raw.body, 'body', errors);
    if (errors.length > 0) return { problem: inputProblem(errors) };
    return { input: { params, query, body: raw.body } };
  }

  #collect(
    validator: Validator | undefined,
    value: unknown,
    place: InputError['in'],
    errors: InputError[],
  ): void {
    if (!validator || validator.Check(value)) return;
    errors.push(...validator.Errors(value).flatMap((error) => describe(error, place)));
  }
}

function inputProblem(errors: readonly InputError[]): Problem {
  const detail = errors.map((error) => `${error.in} ${error.at} ${error.detail}`.trim()).join('; ');
  return { code: 'INVALID_REQUEST', detail, extensions: { errors } };
}
