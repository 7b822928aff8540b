import type { Clock } from '../../../src/domain/clock.ts';
import { errorText, TickerError } from '../../../src/domain/error-codes.ts';
import type { OrderBroker } from '../../../src/domain/order-broker.ts';
import type { OrderJournal } from '../../../src/domain/order-journal.ts';
import { KiteOrderBroker } from '../../../src/feed/kite/orders/kite-order-broker.ts';
import { readOrderRow } from '../../../src/feed/kite/orders/order-rows.ts';
import type { OrderTransport } from '../../../src/feed/kite/orders/order-transport.ts';
import { readPostback } from '../../../src/feed/kite/orders/postback.ts';
import type { SimAccount } from '../../../src/feed/sim/accounts.ts';
import type { Gateway } from '../../../src/feed/sim/gateway.ts';
import type { Random } from '../../../src/feed/sim/random.ts';
import type { SocketHandler } from '../../../src/feed/sim/socket.ts';
import type { OrderAlarm } from '../../../src/orders/order-alarms.ts';
import { DEFAULT_ORDER_SETTINGS } from '../../../src/orders/order-settings.ts';
import { OrderSide } from '../../../src/orders/order-side.ts';
import type { MarketSources } from './market-sources.ts';
import type { ProcessLife } from './process-life.ts';

export interface OrderProcessOptions {
  life: ProcessLife;
  clock: Clock;
  brokerClock: Clock;
  random: Random;
  journal: OrderJournal;
  sources: MarketSources;
  credentials: readonly SimAccount[];
  transport: (account: string) => OrderTransport;
  mutateBroker: (broker: OrderBroker, all: ReadonlyMap<string, OrderBroker>) => OrderBroker;
  onUnexpected: (what: string) => void;
}

const LONGEST_HINT_WAY_MS = 8;
const CLOSED_ABNORMALLY = 1006;

/** One process of the order side: the service's own parts, and sockets that end with it. */
export class OrderProcess {
  readonly side: OrderSide;
  readonly life: ProcessLife;
  readonly alarms: OrderAlarm[] = [];
  readonly #options: OrderProcessOptions;
  readonly brokers: ReadonlyMap<string, OrderBroker>;
  readonly #sockets = new Map<string, SocketHandler>();

  constructor(options: OrderProcessOptions) {
    const { clock, brokerClock, random, journal, sources, credentials } = options;
    this.#options = options;
    this.life = options.life;
    const plain = new Map<string, OrderBroker>();
    for (const { id: account, apiKey, accessToken } of credentials) {
      const transport = options.transport(account);
      const broker = { account, apiKey, accessToken, clock: brokerClock, transport };
      plain.set(account, new KiteOrderBroker(broker));
    }
    this.brokers = plain;
    const secrets = new Map(credentials.map(({ id, apiSecret }) => [id, apiSecret]));
    this.side = new OrderSide({
      clock,
      random: () => random.uniform(),
      journal,
      brokers: [...plain.values()].map((broker) => options.mutateBroker(broker, plain)),
      contracts: sources,
      prices: sources,
      sessions: sources,
      readPostback: (account, body) => readPostback(body, account, secrets.get(account) ?? ''),
      settings: DEFAULT_ORDER_SETTINGS,
      onAlarm: (alarm) => {
        this.alarms.push(alarm);
        if (alarm.kind === 'internal') options.onUnexpected(`alarm: ${alarm.detail}`);
      },
    });
  }

  async start(): Promise<void> {
    try {
      await this.side.start();
    } catch (error) {
      if (this.life.isAlive) this.#options.onUnexpected(`start failed: ${errorText(error)}`);
    }
  }

  /** Opens the socket on which the account's order updates come. */
  listen(account: string, gateway: Gateway): void {
    const { credentials, clock, random } = this.#options;
    if (this.#sockets.has(account)) return;
    const known = credentials.find(({ id }) => id === account);
    const target = `/?api_key=${known?.apiKey}&access_token=${known?.accessToken}`;
    const decision = gateway.decide(target);
    if (!('accept' in decision)) return;
    const nothing = (): void => undefined;
    const handler = decision.accept({
      bufferedBytes: 0,
      sendBinary: (_frame, done) => done(),
      sendText: (text) => {
        const wayMs = random.integer(1, LONGEST_HINT_WAY_MS);
        clock.setTimeout(() => this.#onText(account, text), wayMs);
      },
      close: nothing,
      reset: nothing,
      pause: nothing,
      resume: nothing,
    });
    this.#sockets.set(account, handler);
  }

  unlisten(account: string): void {
    this.#sockets.get(account)?.onClosed(CLOSED_ABNORMALLY);
    this.#sockets.delete(account);
  }

  unlistenAll(): void {
    for (const account of [...this.#sockets.keys()]) this.unlisten(account);
  }

  setAccessToken(account: string, accessToken: string): void {
    this.brokers.get(account)?.setAccessToken(accessToken);
  }

  /** Rejects when it is not taken. */
  async postback(account: string, body: string): Promise<void> {
    if (!this.life.take('hint')) throw new Error('connection refused');
    try {
      await this.side.postback(account, body);
    } catch (error) {
      if (!(error instanceof TickerError)) throw error;
      const isExpected = error.code === 'POSTBACK_REFUSED' || error.code === 'ORDERS_NOT_READY';
      if (!isExpected) this.#options.onUnexpected(`postback: ${error.message}`);
      throw error;
    }
  }

  #onText(account: string, text: string): void {
    const frame = JSON.parse(text) as { type: string; data: unknown };
    if (frame.type !== 'order' || !this.life.take('hint')) return;
    const row = readOrderRow(frame.data, account);
    const receivedUs = this.#options.clock.nowUs();
    this.side.onHint({ account, source: 'socket', row, receivedUs });
  }
}
