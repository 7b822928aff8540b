import type { TSchema } from 'typebox';
import { ERRORS } from '../../domain/error-codes.ts';
import {
  type ClientMessage,
  type ServerMessage,
  SUBPROTOCOL_BINARY,
  SUBPROTOCOL_JSON,
} from '../../wire/messages.ts';
import { LEG_LIQUIDITY, SMILE } from './chain-schema.ts';
import { CLOSE_CODES } from './close-codes.ts';
import type { MessageDefinition, SharedName } from './message-schema.ts';
import { LIMITS, RECORDS } from './records.ts';
import { REQUESTS } from './requests.ts';
import { CHAIN_REQUEST, SUBSCRIPTION_ITEM, SUBSCRIPTION_RESULT } from './subscription-schema.ts';
import { DEPTH, GREEKS, TICK } from './tick-schema.ts';

/** Limits of `/ws/ticks` as the service has them. */
export interface StreamLimits {
  /** Instruments of one connection. */
  subscriptions: number;
  instrumentsPerMessage: number;
  /** Of a message that is answered MESSAGE_TOO_LARGE when it is larger. */
  messageBytes: number;
  /** Of a message that ends its connection when it is larger. */
  payloadBytes: number;
  /** Unread bytes at which a reader is closed. */
  bufferBytes: number;
  /** Of one connection, in the long run. */
  messagesPerSecond: number;
  /** Silence of a connection without a subscription after which it is closed. */
  idleMs: number;
  heartbeatMs: number;
  /** How long a connection may take to present a key. */
  authenticationMs: number;
}

export interface AsyncApiDocument {
  asyncapi: '3.1.0';
  info: Record<string, unknown>;
  components: {
    messages: Record<string, { payload: unknown; examples?: { payload: unknown }[] }>;
    schemas: Record<string, unknown>;
    securitySchemes: Record<string, unknown>;
  };
  [part: string]: unknown;
}

const SHARED: Readonly<Record<SharedName, TSchema>> = {
  ChainRequest: CHAIN_REQUEST,
  SubscriptionItem: SUBSCRIPTION_ITEM,
  SubscriptionResult: SUBSCRIPTION_RESULT,
  Tick: TICK,
  Depth: DEPTH,
  Greeks: GREEKS,
  Smile: SMILE,
  LegLiquidity: LEG_LIQUIDITY,
  Limits: LIMITS,
};

/** Any of them may be `error` instead; `ack` has no answer. */
const ANSWERS: Readonly<Record<ClientMessage['type'], ServerMessage['type'] | undefined>> = {
  auth: 'authenticated',
  subscribe: 'subscribed',
  unsubscribe: 'unsubscribed',
  resume: 'resumed',
  ping: 'pong',
  ack: undefined,
};

/** The binary message. */
const FRAME = 'TickFrame';
/** Data; other text messages that answer nothing are records about it. */
const STREAM: readonly ServerMessage['type'][] = ['ticks', 'gap', 'replay_completed'];

const CHANNEL = { $ref: '#/channels/ticks' };

function ofChannel(names: readonly string[]): { $ref: string }[] {
  return names.map((name) => ({ $ref: `#/channels/ticks/messages/${name}` }));
}

function messageObject(
  name: string,
  definition: MessageDefinition<unknown>,
  isCorrelated: boolean,
) {
  const { summary, schema, example } = definition;
  return {
    name,
    summary,
    contentType: 'application/json',
    ...(isCorrelated && { correlationId: { location: '$message.payload#/id' } }),
    payload: schema,
    examples: [{ payload: example }],
  };
}

const FRAME_OBJECT = {
  name: FRAME,
  summary: `Ticks, in ${SUBPROTOCOL_BINARY}: a binary message.`,
  contentType: 'application/octet-stream',
  payload: {
    type: 'string',
    format: 'binary',
    description:
      'A FlatBuffers TickFrame, file identifier TICK, of schemas/tick.fbs, which explains every ' +
      'field, code and reserved number.',
  },
};

function operations(): Record<string, unknown> {
  const requests = Object.keys(REQUESTS) as ClientMessage['type'][];
  const records = Object.keys(RECORDS) as ServerMessage['type'][];
  const receives = requests.map((name) => {
    const answer = ANSWERS[name];
    const reply = answer && { channel: CHANNEL, messages: ofChannel([answer, 'error']) };
    return [
      name,
      {
        action: 'receive',
        channel: CHANNEL,
        summary: REQUESTS[name].summary,
        messages: ofChannel([name]),
        ...(reply && { reply }),
      },
    ];
  });
  const answers = new Set<string | undefined>(Object.values(ANSWERS));
  const stream = [FRAME, ...records.filter((name) => STREAM.includes(name))];
  const others = records.filter((name) => !answers.has(name) && !STREAM.includes(name));
  const send = (summary: string, messages: string[]) => ({
    action: 'send',
    channel: CHANNEL,
    summary,
    messages: ofChannel(messages),
  });
  return {
    ...(Object.fromEntries(receives) as Record<string, unknown>),
    stream: send('Ticks, and what is missing among them.', stream),
    records: send('What the service says by itself.', others),
  };
}

function channel(limits: StreamLimits): unknown {
  const messages = [FRAME, ...Object.keys(RECORDS), ...Object.keys(REQUESTS)];
  return {
    address: '/ws/ticks',
    title: 'Ticks',
    description:
      `Subprotocol ${SUBPROTOCOL_BINARY}: ticks are binary messages. ${SUBPROTOCOL_JSON}, the ` +
      'default: ticks are text. All other messages are JSON text in both. Clients pass over ' +
      'messages and fields that they do not know.',
    messages: Object.fromEntries(
      messages.map((name) => [name, { $ref: `#/components/messages/${name}` }]),
    ),
    bindings: {
      ws: {
        method: 'GET',
        headers: {
          type: 'object',
          properties: {
            'Sec-WebSocket-Protocol': {
              type: 'string',
              description: `${SUBPROTOCOL_BINARY} or ${SUBPROTOCOL_JSON}; and bearer.<key>`,
            },
            Authorization: { type: 'string', description: 'Bearer <key>' },
          },
        },
        bindingVersion: '0.1.0',
      },
    },
    'x-close-codes': CLOSE_CODES,
    'x-limits': {
      subscriptions: limits.subscriptions,
      instruments_per_message: limits.instrumentsPerMessage,
      message_bytes: limits.messageBytes,
      payload_bytes: limits.payloadBytes,
      buffer_bytes: limits.bufferBytes,
      messages_per_second: limits.messagesPerSecond,
      idle_seconds: limits.idleMs / 1000,
      heartbeat_ms: limits.heartbeatMs,
      authentication_ms: limits.authenticationMs,
    },
  };
}

function messageObjects(): AsyncApiDocument['components']['messages'] {
  const answers = new Set<string | undefined>([...Object.values(ANSWERS), 'error']);
  const requests = Object.entries(REQUESTS).map(([name, definition]) => {
    return [name, messageObject(name, definition, true)] as const;
  });
  const records = Object.entries(RECORDS).map(([name, definition]) => {
    return [name, messageObject(name, definition, answers.has(name))] as const;
  });
  return { [FRAME]: FRAME_OBJECT, ...Object.fromEntries([...records, ...requests]) };
}

/** The AsyncAPI 3.1 description of `/ws/ticks`, from the server's side: plain JSON data. */
export function asyncApiDocument(version: string, limits: StreamLimits): AsyncApiDocument {
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Ticker service',
      version,
      description: 'Market data with Greeks from Zerodha Kite Connect.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      market: {
        host: '{host}',
        protocol: 'ws',
        description: 'The market port; wss behind a proxy that ends TLS.',
        variables: { host: { default: '127.0.0.1:8080' } },
        security: [
          { $ref: '#/components/securitySchemes/header' },
          { $ref: '#/components/securitySchemes/subprotocol' },
        ],
      },
    },
    channels: { ticks: channel(limits) },
    operations: operations(),
    components: {
      messages: messageObjects(),
      schemas: SHARED,
      securitySchemes: {
        header: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key with the scope ticks:read. Or the first message: auth.',
        },
        subprotocol: {
          type: 'httpApiKey',
          in: 'header',
          name: 'Sec-WebSocket-Protocol',
          description: 'bearer.<key> beside the format, which is what browsers can do.',
        },
      },
    },
    'x-error-codes': ERRORS,
  };
}
