import Type from 'typebox';
import type {
  ChainRequest,
  HelloLimits,
  HelloMessage,
  ServerMessage,
  SubscriptionResult,
  TicksMessage,
} from '../../wire/messages.ts';
import { CHAIN } from './chain-schema.ts';
import {
  count,
  EPOCH,
  ID,
  message,
  type MessageDefinition,
  part,
  position,
  shared,
} from './message-schema.ts';
import { ERROR_CODE, RESULTS } from './subscription-schema.ts';
import { TICKS } from './tick-schema.ts';

type RecordOf<K extends ServerMessage['type']> = Extract<ServerMessage, { type: K }>;

const THROUGH = position('The connection has everything that it subscribed to up to here.');
const US = 'Microseconds since the Unix epoch.';
const EXAMPLE_EPOCH = '0123456789abcdef';
const EXAMPLE_US = 1_790_000_000_000_000;

const EXAMPLE_RESULT: SubscriptionResult = {
  request: 'NSE:INFY',
  ok: true,
  token: 408065,
  symbol: 'NSE:INFY',
  type: 'EQ',
  strike: null,
  expiry: null,
  lot_size: 1,
  price_divisor: 100,
};

export const LIMITS = part<HelloLimits>()(
  Type.Object({
    subscriptions: count('Instruments of one connection.'),
    message_bytes: count('Of one message.'),
    buffer_bytes: count('Unread bytes at which a reader is closed with 4008.'),
    replay_seconds: Type.Number({ minimum: 0, description: 'How far back resume reaches.' }),
    connections: count('Of the key, all together.'),
    messages_per_second: count('Of one connection, in the long run.'),
    idle_seconds: Type.Number({
      minimum: 0,
      description: 'Silence of a connection without a subscription after which it is closed.',
    }),
  }),
);

/**
 * Every text message of the service. A new one of src/wire/messages.ts does not compile until it is
 * here.
 */
export const RECORDS: {
  readonly [K in ServerMessage['type']]: MessageDefinition<RecordOf<K>>;
} = {
  hello: message<HelloMessage>()(
    'The first message, after the key has been accepted.',
    Type.Object({
      type: Type.Literal('hello'),
      session: Type.String({ description: 'Names the connection in logs.' }),
      epoch: EPOCH,
      sequence: position('Where `through` starts.'),
      heartbeat_ms: count('A longer silence means that the connection is dead.'),
      limits: shared<HelloLimits>('Limits'),
    }),
    {
      type: 'hello',
      session: 'mf3k2a-1',
      epoch: EXAMPLE_EPOCH,
      sequence: 1234,
      heartbeat_ms: 15_000,
      limits: {
        subscriptions: 9000,
        message_bytes: 262_144,
        buffer_bytes: 4_194_304,
        connections: 10,
        messages_per_second: 50,
        idle_seconds: 300,
        replay_seconds: 60,
      },
    },
  ),
  authenticated: message<RecordOf<'authenticated'>>()(
    'Answers auth; hello comes before it.',
    Type.Object({ id: ID, type: Type.Literal('authenticated') }),
    { id: 0, type: 'authenticated' },
  ),
  subscribed: message<RecordOf<'subscribed'>>()(
    'Answers subscribe, one result per instrument; snapshots follow.',
    Type.Object({ id: ID, type: Type.Literal('subscribed'), results: RESULTS }),
    {
      id: 1,
      type: 'subscribed',
      results: [EXAMPLE_RESULT, { request: 'NSE:X', ok: false, code: 'UNKNOWN_INSTRUMENT' }],
    },
  ),
  unsubscribed: message<RecordOf<'unsubscribed'>>()(
    'Answers unsubscribe.',
    Type.Object({ id: ID, type: Type.Literal('unsubscribed'), results: RESULTS }),
    { id: 3, type: 'unsubscribed', results: [EXAMPLE_RESULT] },
  ),
  resumed: message<RecordOf<'resumed'>>()(
    'Answers resume; the missing ticks and replay_completed follow, or snapshots.',
    Type.Object({
      id: ID,
      type: Type.Literal('resumed'),
      recovered: Type.Boolean({ description: 'Whether everything that is missing can be had.' }),
      results: RESULTS,
    }),
    { id: 6, type: 'resumed', recovered: true, results: [EXAMPLE_RESULT] },
  ),
  pong: message<RecordOf<'pong'>>()(
    'Answers ping.',
    Type.Object({ id: ID, type: Type.Literal('pong') }),
    { id: 4, type: 'pong' },
  ),
  error: message<RecordOf<'error'>>()(
    'Refuses a request; without an id the message had none that could be read.',
    Type.Object({
      type: Type.Literal('error'),
      id: Type.Optional(ID),
      code: ERROR_CODE,
      detail: Type.String({ description: 'For people.' }),
    }),
    { type: 'error', id: 5, code: 'BAD_MESSAGE', detail: '"instruments" must be a list' },
  ),
  ticks: message<TicksMessage>()(
    'Ticks, in ticker.v1.json.',
    Type.Object({
      type: Type.Literal('ticks'),
      epoch: EPOCH,
      sent_time: Type.Number({ description: US }),
      through: THROUGH,
      ticks: TICKS,
    }),
    {
      type: 'ticks',
      epoch: EXAMPLE_EPOCH,
      sent_time: EXAMPLE_US,
      through: 1240,
      ticks: [
        {
          instrument_token: 408065,
          sequence: 1239,
          instrument_sequence: 17,
          merged: 0,
          flags: ['SIMULATED'],
          mode: 'ltp',
          tradable: true,
          receive_time: EXAMPLE_US - 700,
          exchange_timestamp: EXAMPLE_US,
          last_price: 1573.7,
        },
      ],
    },
  ),
  heartbeat: message<RecordOf<'heartbeat'>>()(
    'Nothing else was sent for heartbeat_ms.',
    Type.Object({
      type: Type.Literal('heartbeat'),
      through: THROUGH,
      time: Type.Number({ description: US }),
    }),
    { type: 'heartbeat', through: 1240, time: EXAMPLE_US },
  ),
  gap: message<RecordOf<'gap'>>()(
    'Ticks at these positions may be missing and will not come.',
    Type.Object({
      type: Type.Literal('gap'),
      from: position('The first that may be missing.'),
      to: position('The last that may be missing.'),
      reason: Type.String({
        description: 'RING_OVERRUN, INGEST_RESTART, SLOW_READER; more later.',
      }),
    }),
    { type: 'gap', from: 8, to: 11, reason: 'RING_OVERRUN' },
  ),
  replay_completed: message<RecordOf<'replay_completed'>>()(
    'All that was missing has been sent; live ticks follow.',
    Type.Object({ type: Type.Literal('replay_completed'), through: THROUGH }),
    { type: 'replay_completed', through: 1300 },
  ),
  chain: CHAIN,
  chain_changed: message<RecordOf<'chain_changed'>>()(
    'The window of a chain has followed the money.',
    Type.Object({
      type: Type.Literal('chain_changed'),
      chain: shared<ChainRequest>('ChainRequest'),
      added: RESULTS,
      removed: Type.Array(count("The broker's token.")),
    }),
    {
      type: 'chain_changed',
      chain: { underlying: 'NIFTY', expiry: '2026-12-01', strikes: 10 },
      added: [],
      removed: [12_345_602],
    },
  ),
  upstream_stale: message<RecordOf<'upstream_stale'>>()(
    'The broker has sent this account nothing since then.',
    Type.Object({
      type: Type.Literal('upstream_stale'),
      account: Type.String(),
      since: Type.Number({ description: US }),
    }),
    { type: 'upstream_stale', account: 'AB1234', since: EXAMPLE_US },
  ),
  session_state: message<RecordOf<'session_state'>>()(
    'A segment has opened or closed; of each one also after `hello`.',
    Type.Object({
      type: Type.Literal('session_state'),
      segment: Type.String({ description: 'NFO or BFO.' }),
      state: Type.Union([Type.Literal('open'), Type.Literal('closed')]),
    }),
    { type: 'session_state', segment: 'NFO', state: 'open' },
  ),
  slow_reader_warning: message<RecordOf<'slow_reader_warning'>>()(
    'The client does not keep up.',
    Type.Object({
      type: Type.Literal('slow_reader_warning'),
      buffered_bytes: count('Waiting for the client.'),
      age_ms: Type.Number({ minimum: 0, description: 'Of the oldest of them.' }),
    }),
    { type: 'slow_reader_warning', buffered_bytes: 1_048_576, age_ms: 250 },
  ),
};
