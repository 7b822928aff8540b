import Type from 'typebox';
import { ERRORS } from '../../domain/error-codes.ts';
import type { InstrumentType } from '../../domain/instrument.ts';
import type { StrikeChoice } from '../../domain/strike-choice.ts';
import type {
  ChainRequest,
  ModeName,
  SubscriptionItem,
  SubscriptionResult,
} from '../../wire/messages.ts';
import { count, nameOf, numberOrNull, part, shared } from './message-schema.ts';
import { MODE_NAMES } from './tick-schema.ts';

type Policy = NonNullable<SubscriptionItem['policy']>;
type Window = NonNullable<SubscriptionItem['window_ms']>;

const DAY_PATTERN = '^\\d{4}-\\d{2}-\\d{2}$';
const INSTRUMENT_TYPES: InstrumentType[] = ['EQ', 'FUT', 'CE', 'PE', 'INDEX'];

const DELTA_BAND = {
  type: 'object',
  required: ['delta'],
  properties: {
    delta: {
      type: 'array',
      items: { type: 'number', minimum: 0, maximum: 1 },
      minItems: 2,
      maxItems: 2,
      description: 'Least and greatest |delta| of a call or put of the strike.',
    },
  },
};

export const ERROR_CODE = nameOf(Object.keys(ERRORS), 'Stable; match on this.');

export const CHAIN_REQUEST = part<ChainRequest>()(
  Type.Object({
    underlying: Type.String({ description: 'NIFTY, BANKNIFTY, RELIANCE, ...' }),
    expiry: Type.Optional(
      Type.String({ pattern: DAY_PATTERN, description: 'IST day; left out: the nearest.' }),
    ),
    strikes: Type.Unsafe<StrikeChoice>({
      anyOf: [{ type: 'integer', minimum: 0 }, { const: 'all' }, DELTA_BAND],
      description: 'Number on each side of the money, all of them, or by |delta|.',
    }),
  }),
);

export const INSTRUMENTS = Type.Array(Type.Union([Type.Integer({ minimum: 1 }), Type.String()]), {
  minItems: 1,
  description: 'Tokens or EXCHANGE:TRADINGSYMBOL names.',
});

/** Fields of `subscribe` and of the items of `resume.subscriptions`. */
export const SUBSCRIPTION_FIELDS = {
  instruments: Type.Optional(INSTRUMENTS),
  chain: Type.Optional(shared<ChainRequest>('ChainRequest')),
  mode: Type.Optional(
    Type.Unsafe<ModeName>({ type: 'string', enum: MODE_NAMES, default: 'quote' }),
  ),
  greeks: Type.Optional(Type.Boolean({ default: false })),
  policy: Type.Optional(
    Type.Unsafe<Policy>({
      type: 'string',
      enum: ['conflate', 'lossless', 'skip'] satisfies Policy[],
      default: 'conflate',
      description: 'What the client gets when it falls behind.',
    }),
  ),
  window_ms: Type.Optional(
    Type.Unsafe<Window>({
      enum: [0, 1, 2, 5, 10, 'adaptive'] satisfies Window[],
      description: 'How long ticks are collected into a frame; of the connection, the last wins.',
    }),
  ),
};

/** Instruments or a chain, not both. */
export const ONE_TARGET = { oneOf: [{ required: ['instruments'] }, { required: ['chain'] }] };

export const SUBSCRIPTION_ITEM = part<SubscriptionItem>()(
  Type.Object(SUBSCRIPTION_FIELDS, ONE_TARGET),
);

const REQUEST = Type.Unsafe<number | string | ChainRequest>({
  anyOf: [{ type: 'integer' }, { type: 'string' }, { $ref: '#/components/schemas/ChainRequest' }],
  description: 'What was asked for; a chain has its expiry.',
});

export const SUBSCRIPTION_RESULT = part<SubscriptionResult>()(
  Type.Union([
    Type.Object({
      request: REQUEST,
      ok: Type.Literal(true),
      token: count("The broker's token."),
      symbol: Type.String(),
      type: nameOf(INSTRUMENT_TYPES, 'INDEX, EQ, FUT, CE or PE.'),
      strike: numberOrNull('Rupees.'),
      expiry: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'IST day.' }),
      lot_size: count('Units.'),
      price_divisor: count('Integer prices of frames / this = rupees.'),
    }),
    Type.Object({ request: REQUEST, ok: Type.Literal(false), code: ERROR_CODE }),
  ]),
);

export const RESULTS = Type.Array(shared<SubscriptionResult>('SubscriptionResult'));
