import Type, { type TSchema } from 'typebox';
import { INTENT_STATES } from '../../../domain/intent-state.ts';

/* What is answered about orders. Times are epoch µs, money is rupees, null is what is not known. */

function orNull(schema: TSchema, description?: string): TSchema {
  return Type.Union([schema, Type.Null()], description === undefined ? {} : { description });
}

const TEXT = Type.String();
const NUMBER = Type.Number();
const TIME = Type.Integer({ description: 'Epoch µs.' });
const TIME_OR_NULL = orNull(Type.Integer(), 'Epoch µs.');

export const RISK = Type.Object({
  allowed: Type.Boolean(),
  code: orNull(TEXT, 'Why not.'),
  detail: orNull(TEXT),
  is_exit: Type.Boolean({ description: 'It can only bring a position nearer to zero.' }),
  numbers: Type.Record(TEXT, Type.Union([NUMBER, TEXT, Type.Null()]), {
    description: 'What was compared with what, by name with the unit in it.',
  }),
});

const BROKER_ORDER = Type.Object({
  broker_order_id: TEXT,
  exchange_order_id: orNull(TEXT),
  parent_order_id: orNull(TEXT),
  status: orNull(TEXT),
  status_message: orNull(TEXT),
  order_type: orNull(TEXT, 'Null until the book has shown it.'),
  validity: orNull(TEXT),
  quantity: NUMBER,
  filled_quantity: NUMBER,
  pending_quantity: NUMBER,
  cancelled_quantity: NUMBER,
  price: NUMBER,
  trigger_price: NUMBER,
  average_price: NUMBER,
  order_time: orNull(Type.Integer(), "Epoch µs by the broker's clock."),
  exchange_update_time: orNull(Type.Integer(), "Epoch µs by the broker's clock."),
  meta: Type.Record(TEXT, Type.Unknown(), { description: 'As the broker tells it.' }),
});

const INTENT_STATE = Type.Enum([...INTENT_STATES], {
  description: 'What is known of the one time that the broker was asked; see docs/ORDERS.md.',
});

export const ORDER = Type.Object({
  id: Type.String({ description: 'Ours.' }),
  client_order_id: orNull(TEXT),
  account: TEXT,
  key_id: orNull(TEXT, 'Of the key that placed it; null: placed outside of this service.'),
  intent_state: orNull(INTENT_STATE, 'Null: placed outside of this service.'),
  status: orNull(TEXT, "In the broker's own words; null before it is known."),
  status_message: orNull(TEXT, "The broker's."),
  broker_order_id: orNull(TEXT, 'Of the first of broker_orders.'),
  tag: Type.String({ description: 'Ours at the broker.' }),
  client_tag: orNull(TEXT, "The caller's."),
  variety: TEXT,
  exchange: TEXT,
  tradingsymbol: TEXT,
  instrument_token: orNull(Type.Integer()),
  transaction_type: TEXT,
  order_type: TEXT,
  product: TEXT,
  quantity: NUMBER,
  price: orNull(NUMBER),
  trigger_price: orNull(NUMBER),
  validity: TEXT,
  validity_ttl: orNull(NUMBER),
  disclosed_quantity: orNull(NUMBER),
  market_protection: orNull(NUMBER),
  autoslice: Type.Boolean(),
  iceberg_legs: orNull(NUMBER),
  iceberg_quantity: orNull(NUMBER),
  auction_number: orNull(TEXT),
  algo_id: orNull(TEXT),
  filled_quantity: NUMBER,
  pending_quantity: orNull(NUMBER, 'Of all broker_orders; null: there is none yet.'),
  cancelled_quantity: orNull(NUMBER, 'Of all broker_orders; null: there is none yet.'),
  average_price: Type.Number({ description: 'Of what was filled; 0: nothing.' }),
  broker_orders: Type.Array(BROKER_ORDER, { description: 'The order, its slices and legs.' }),
  slice_refusals: Type.Array(Type.Object({ code: TEXT, message: TEXT })),
  duplicate_order_ids: Type.Array(TEXT, {
    description: 'Orders of the broker that came twice, or late: the younger ones.',
  }),
  code: orNull(TEXT, 'Why it was refused, or is unknown.'),
  message: orNull(TEXT, 'The same in words.'),
  risk: orNull(RISK, 'What the checks before it saw.'),
  created_time: TIME,
  sent_time: TIME_OR_NULL,
  answered_time: TIME_OR_NULL,
  resolved_time: TIME_OR_NULL,
  updated_time: TIME,
  version: Type.Integer({ description: 'Rises by one with every change.' }),
});

export const OPERATION = Type.Object({
  id: TEXT,
  order_id: TEXT,
  account: TEXT,
  key_id: Type.String({ description: '`service`: done of its own accord.' }),
  kind: Type.Enum(['modify', 'cancel']),
  broker_order_id: TEXT,
  change: orNull(Type.Record(TEXT, Type.Unknown()), 'Null: a cancellation.'),
  intent_state: INTENT_STATE,
  code: orNull(TEXT),
  message: orNull(TEXT),
  created_time: TIME,
  sent_time: TIME_OR_NULL,
  resolved_time: TIME_OR_NULL,
  version: Type.Integer(),
});

/** The order after a modification or cancellation, and what became of that. */
export const CHANGED_ORDER = Type.Object({ ...ORDER.properties, operation: OPERATION });

export const TRADE = Type.Object({
  trade_id: TEXT,
  account: TEXT,
  order_id: orNull(TEXT, 'Ours; null: of an order from outside that is not known yet.'),
  broker_order_id: TEXT,
  exchange: TEXT,
  tradingsymbol: TEXT,
  transaction_type: TEXT,
  product: TEXT,
  quantity: NUMBER,
  price: NUMBER,
  fill_time: orNull(Type.Integer(), "Epoch µs by the broker's clock."),
});

export const ORDER_EVENT = Type.Object({
  time: TIME,
  action: TEXT,
  actor: TEXT,
  detail: Type.Record(TEXT, Type.Unknown()),
});

export const SYNC_REPORT = Type.Object({
  account: TEXT,
  orders: Type.Integer(),
  trades: Type.Integer(),
  positions: Type.Integer(),
  changes: Type.Array(TEXT, { description: 'What the pass changed.' }),
  failure: Type.Union([Type.Object({ code: TEXT, detail: TEXT }), Type.Null()], {
    description: 'Why the account could not be read.',
  }),
  started_time: TIME,
  finished_time: TIME,
});
