import Type, { type Static, type TInteger, type TSchema, type TUnsafe } from 'typebox';

/** True if a schema and a type say the same: each fits the other, and no optional field is left. */
type Agrees<A, B> = [A] extends [B]
  ? [B] extends [A]
    ? [keyof A] extends [keyof B]
      ? [keyof B] extends [keyof A]
        ? true
        : false
      : false
    : false
  : false;

/** What a schema must be to describe `T` exactly; the compiler compares them. */
export type SchemaOf<S extends TSchema, T> = S & (Agrees<Static<S>, T> extends true ? S : never);

/** One message of `/ws/ticks`. */
export interface MessageDefinition<T> {
  summary: string;
  schema: TSchema;
  example: T;
}

/** A message of type `T` of src/wire/messages.ts; another schema does not compile. */
export function message<T extends { type: string }>() {
  return <S extends TSchema>(
    summary: string,
    schema: SchemaOf<S, T>,
    example: T,
  ): MessageDefinition<T> => ({ summary, schema, example });
}

/** A part of messages that is of type `T`; another schema does not compile. */
export function part<T>() {
  return <S extends TSchema>(schema: SchemaOf<S, T>): TSchema => schema;
}

/** Names of the schemas that messages share. */
export type SharedName =
  | 'ChainRequest'
  | 'SubscriptionItem'
  | 'SubscriptionResult'
  | 'Tick'
  | 'Depth'
  | 'Greeks'
  | 'Smile'
  | 'LegLiquidity'
  | 'Limits';

/** Stands for the shared schema of this name, which describes `T`. */
export function shared<T>(name: SharedName): TUnsafe<T> {
  return Type.Unsafe<T>({ $ref: `#/components/schemas/${name}` });
}

/** The shared schema of this name, or null. */
export function sharedOrNull<T>(name: SharedName, description: string): TUnsafe<T | null> {
  const anyOf = [{ $ref: `#/components/schemas/${name}` }, { type: 'null' }];
  return Type.Unsafe<T | null>({ description, anyOf });
}

/** A number, or null where there is none. */
export function numberOrNull(description: string): TUnsafe<number | null> {
  return Type.Unsafe<number | null>({ type: ['number', 'null'], description });
}

/** A whole number that is not negative. */
export function count(description: string): TInteger {
  return Type.Integer({ minimum: 0, description });
}

/** A ring position: a whole number up to 2^53. */
export function position(description: string): TInteger {
  return Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
}

/** A name of a table; the wire's type is a plain string, since tables grow. */
export function nameOf(names: readonly string[], description: string): TUnsafe<string> {
  return Type.Unsafe<string>({ type: 'string', enum: names, description });
}

export const ID = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Number of the request, chosen by the client.',
});

export const EPOCH = Type.String({
  pattern: '^[0-9a-f]{16}$',
  description: 'Names the stream that positions count in: 64 random bits, hex.',
});
