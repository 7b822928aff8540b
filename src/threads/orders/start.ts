import type { MessagePort } from 'node:worker_threads';
import { errorText, TickerError } from '../../domain/error-codes.ts';
import { createApp, listenExclusive, type Listener, type TemplatedApp } from '../../http/native.ts';
import { ordersRoutes } from '../../http/orders-routes.ts';
import { mountHttp } from '../../http/server.ts';
import { createWebContext } from '../../http/web-context.ts';
import { METER_WRITER, ORDERS, ORDERS_HISTOGRAM } from '../../shm/layout/meters.ts';
import { registerArrival } from '../../telemetry/redaction.ts';
import type { FromOrders, OrderAccount, OrdersData, ToOrders } from '../messages.ts';
import { PortAccess } from '../port-access.ts';
import { createThreadContext, type ThreadContext } from '../thread-context.ts';
import { ControlLink } from './control-link.ts';
import { Halts } from './halts.ts';
import { OrderBoard } from './order-board.ts';
import { OrderDesk } from './order-desk.ts';
import { OrderDoor } from './order-door.ts';
import { OrderFeed } from './order-feed.ts';
import type { OrdersNow } from './orders-now.ts';

const SECOND_MS = 1000;
/** What orders under way may take when the thread is to end. */
const STOP_MS = 2_000;
/** After a failure nothing can be trusted to end. */
const STOP_FAILED_MS = 200;
/** For answers to reach their callers before the app is closed under them. */
const GOODBYE_MS = 100;

/** Takes orders until control says stop. An error that nothing caught ends the thread, tidily. */
export async function startOrders(data: OrdersData, port: MessagePort): Promise<void> {
  const orders = new OrdersThread(data, port);
  process.on('uncaughtException', (error) => orders.fail(error));
  process.on('unhandledRejection', (error) => orders.fail(error));
  try {
    await orders.start();
  } catch (error) {
    orders.fail(error);
  }
}

class OrdersThread {
  readonly #data: OrdersData;
  readonly #port: MessagePort;
  readonly #context: ThreadContext;
  readonly #link: ControlLink;
  readonly #access: PortAccess;
  readonly #board: OrderBoard;
  readonly #feed: OrderFeed;
  readonly #halts: Halts;
  #futures: ReadonlyMap<string, readonly string[]> = new Map();
  #accounts: readonly OrderAccount[] | undefined;
  #databaseUrl: string | undefined;
  #desk: OrderDesk | undefined;
  #app: TemplatedApp | undefined;
  #listener: Listener | undefined;
  #toldCheck = '';
  #ending = false;

  constructor(data: OrdersData, port: MessagePort) {
    this.#data = data;
    this.#port = port;
    this.#context = createThreadContext('orders', data, data.meters, METER_WRITER.ORDERS);
    const { clock, meters, logger } = this.#context;
    this.#access = new PortAccess(clock, data, (reason) =>
      meters.add(reason === 'LOCKED_OUT' ? ORDERS.REFUSED_LOCKED_OUT : ORDERS.WRONG_KEYS, 1),
    );
    this.#link = new ControlLink((message) => this.#post(message), clock);
    this.#board = new OrderBoard(meters, () => this.#now());
    this.#halts = new Halts(logger, clock, () => this.#post({ type: 'halted' }));
    this.#feed = new OrderFeed({
      place: data.prices,
      clock,
      logger,
      watch: (token) => this.#link.call('watchPrice', token),
      onOrder: (account, order) => this.#desk?.onOrder(account, order),
    });
  }

  async start(): Promise<void> {
    const { host, port } = this.#data;
    this.#port.on('message', (message: ToOrders) => this.#onControl(message));
    const app = createApp();
    this.#app = app;
    this.#mount(app);
    this.#listener = await listenExclusive(app, host, port);
    this.#context.clock.setInterval(() => this.#second(), SECOND_MS).unref();
    this.#post({ type: 'listening', port: this.#listener.port });
  }

  /** Reports the failure and ends the thread; control starts another one, which recovers. */
  fail(error: unknown): void {
    if (this.#ending) return;
    this.#context.logger.error({ err: error }, 'orders failed');
    const code = error instanceof TickerError ? error.code : 'THREAD_FAILED';
    const detail = error instanceof TickerError ? error.detail : errorText(error);
    this.#post({ type: 'failed', code, detail });
    void this.#end(1);
  }

  #now(): OrdersNow {
    const desk = this.#desk;
    return {
      accounts: desk?.side.readiness(),
      gauges: desk?.side.gauges(),
      load: desk?.brokers.load() ?? { queued: 0, breakersOpen: 0, dayBudgetLeft: 0 },
      feedProblem: this.#feed.problem(),
    };
  }

  #mount(app: TemplatedApp): void {
    const { production, corsOrigins, trustedProxies } = this.#data;
    const { clock, logger, meters } = this.#context;
    const web = createWebContext({
      gate: this.#access.gate,
      corsOrigins,
      trustedProxies,
      production,
      clock,
      logger,
      onAnswer: (status, durationUs) => {
        meters.add(ORDERS.HTTP_STATUS_FIRST + Math.floor(status / 100), 1);
        meters.record(ORDERS_HISTOGRAM.HTTP_US, durationUs);
      },
    });
    const service = new OrderDoor(
      () => this.#desk?.side,
      () => clock.monotonicMs(),
      (durationUs) => meters.record(ORDERS_HISTOGRAM.WRITE_US, durationUs),
    );
    const routes = ordersRoutes({
      status: this.#board,
      production,
      metricsContentType: this.#board.metricsContentType,
      service,
      clock,
      logger,
      version: this.#board.version()['version'] ?? '',
    });
    mountHttp(app, web, routes);
  }

  #onControl(message: ToOrders): void {
    switch (message.type) {
      case 'answer':
        this.#link.onAnswer(message);
        return;
      case 'accounts':
        for (const secret of message.secrets) registerArrival(secret);
        this.#accounts ??= message.accounts;
        this.#open();
        return;
      case 'database':
        registerArrival(message.url);
        this.#databaseUrl = message.url;
        this.#open();
        return;
      case 'futures':
        this.#futures = new Map(message.futures);
        return;
      case 'status':
        this.#board.update(message.status);
        return;
      case 'order-text':
        this.#desk?.onOrder(message.account, message.data);
        return;
      case 'halt':
        this.#halts.take(message.actor, message.reason);
        return;
      case 'keys':
      case 'locked-out':
        this.#access.onNews(message);
        return;
      case 'stop':
        void this.#end(0);
    }
  }

  /** Recovers, as soon as accounts and database are known; the gate of each account opens then. */
  #open(): void {
    const accounts = this.#accounts;
    if (this.#desk !== undefined || accounts === undefined || this.#databaseUrl === undefined) {
      return;
    }
    const desk = new OrderDesk({
      ...this.#context,
      data: this.#data,
      accounts,
      databaseUrl: () => this.#databaseUrl ?? '',
      stream: this.#feed.prices,
      askContract: (exchange, tradingsymbol) =>
        this.#link.call('findContract', { exchange, tradingsymbol }),
      heldBy: () => this.#halts.heldBy(),
      isKey: (keyId) => this.#access.isValid(keyId),
      onHaltUnkept: (reason) => this.#post({ type: 'halt-unkept', reason }),
      futureExpiries: (underlying) => this.#futures.get(underlying) ?? [],
    });
    this.#desk = desk;
    // Before the first order could be taken.
    this.#halts.open(desk.side);
    desk.side.start().catch((error: unknown) => this.fail(error));
  }

  #second(): void {
    this.#access.report((news) => this.#post(news));
    const check = this.#board.check();
    const text = JSON.stringify(check);
    if (text === this.#toldCheck) return;
    this.#toldCheck = text;
    this.#post({ type: 'check', check });
  }

  /** Lets orders under way end, then the app, then the thread: an open app aborts the process. */
  async #end(exitCode: number): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const { clock, logger } = this.#context;
    this.#listener?.close();
    const exit = (): void => {
      this.#app?.close();
      if (exitCode === 0) this.#post({ type: 'stopped' });
      this.#port.close();
      process.exit(exitCode);
    };
    const timer = clock.setTimeout(exit, exitCode === 0 ? STOP_MS : STOP_FAILED_MS);
    try {
      await this.#desk?.stop();
    } catch (error) {
      logger.error({ err: error }, 'orders did not end in order');
    }
    this.#feed.close();
    timer.cancel();
    clock.setTimeout(exit, GOODBYE_MS);
  }

  #post(message: FromOrders): void {
    this.#port.postMessage(message);
  }
}
