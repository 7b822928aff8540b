import Type from 'typebox';
import type { ChainRequest, ClientMessage, SubscriptionItem } from '../../wire/messages.ts';
import { EPOCH, ID, message, type MessageDefinition, position, shared } from './message-schema.ts';
import { INSTRUMENTS, ONE_TARGET, SUBSCRIPTION_FIELDS } from './subscription-schema.ts';

type RequestOf<K extends ClientMessage['type']> = Extract<ClientMessage, { type: K }>;

/**
 * Every message of a client. A new one of src/wire/messages.ts does not compile until it is here.
 */
export const REQUESTS: {
  readonly [K in ClientMessage['type']]: MessageDefinition<RequestOf<K>>;
} = {
  auth: message<RequestOf<'auth'>>()(
    'Presents the key, if the upgrade did not.',
    Type.Object({ id: ID, type: Type.Literal('auth'), token: Type.String() }),
    { id: 0, type: 'auth', token: '<key>' },
  ),
  subscribe: message<RequestOf<'subscribe'>>()(
    'Asks for ticks of instruments or of an option chain.',
    Type.Object({ id: ID, type: Type.Literal('subscribe'), ...SUBSCRIPTION_FIELDS }, ONE_TARGET),
    { id: 1, type: 'subscribe', instruments: [256265, 'NSE:INFY'], mode: 'full', greeks: true },
  ),
  unsubscribe: message<RequestOf<'unsubscribe'>>()(
    'Ends what a subscribe with these instruments or this chain has begun.',
    Type.Object(
      {
        id: ID,
        type: Type.Literal('unsubscribe'),
        instruments: Type.Optional(INSTRUMENTS),
        chain: Type.Optional(shared<ChainRequest>('ChainRequest')),
      },
      ONE_TARGET,
    ),
    { id: 3, type: 'unsubscribe', instruments: ['NSE:INFY'] },
  ),
  ping: message<RequestOf<'ping'>>()(
    'Asks for a sign of life.',
    Type.Object({ id: ID, type: Type.Literal('ping') }),
    { id: 4, type: 'ping' },
  ),
  resume: message<RequestOf<'resume'>>()(
    'Continues after a connection has ended; sent instead of its subscribes.',
    Type.Object({
      id: ID,
      type: Type.Literal('resume'),
      epoch: EPOCH,
      sequence: position('The last `through`.'),
      subscriptions: Type.Array(shared<SubscriptionItem>('SubscriptionItem'), { minItems: 1 }),
    }),
    {
      id: 6,
      type: 'resume',
      epoch: '0123456789abcdef',
      sequence: 1240,
      subscriptions: [{ instruments: ['NSE:INFY'], mode: 'full' }],
    },
  ),
  ack: message<RequestOf<'ack'>>()(
    'Reports how far the client has read, about once a second; has no answer.',
    Type.Object({
      id: ID,
      type: Type.Literal('ack'),
      sequence: position('The last `through`.'),
    }),
    { id: 7, type: 'ack', sequence: 1240 },
  ),
};
