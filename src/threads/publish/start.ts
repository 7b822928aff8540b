import type { MessagePort } from 'node:worker_threads';
import { exchangeCalendar } from '../../domain/calendar.ts';
import { errorText, TickerError } from '../../domain/error-codes.ts';
import type { ChainRecords } from '../../fanout/chain-records.ts';
import type { ClientSession } from '../../fanout/session.ts';
import { marketRoutes } from '../../http/market-routes.ts';
import { createApp, listenExclusive, type Listener, type TemplatedApp } from '../../http/native.ts';
import type { LiquidityQueries } from '../../http/routes/liquidity.ts';
import { mountHttp } from '../../http/server.ts';
import { createWebContext } from '../../http/web-context.ts';
import { mountWebSocket } from '../../http/web-socket.ts';
import type { WebSocketConnection } from '../../http/web-socket-connection.ts';
import { METER_WRITER, PUBLISH, PUBLISH_HISTOGRAM } from '../../shm/layout/meters.ts';
import { Ring } from '../../shm/ring.ts';
import { SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON } from '../../wire/messages.ts';
import type { FromPublish, PublishData, ToPublish } from '../messages.ts';
import { PortAccess } from '../port-access.ts';
import { createThreadContext, type ThreadContext } from '../thread-context.ts';
import { ControlLink } from './control-link.ts';
import { DutyCycle } from './duty-cycle.ts';
import { instrumentQueries } from './instrument-queries.ts';
import { mountKite } from './kite-door.ts';
import { KiteSessions } from './kite-sessions.ts';
import { liquidityQueries } from './liquidity-queries.ts';
import { LoadWatch } from './load-watch.ts';
import { MarketSession } from './market-session.ts';
import { OldSessions } from './old-sessions.ts';
import { createPublishParts } from './publish-parts.ts';
import type { Sessions } from './sessions.ts';
import { StatusBoard } from './status-board.ts';
import { PAYLOAD_BYTES_MAX, sessionLimits, streamLimits } from './stream-limits.ts';

const TICKS_PATH = '/ws/ticks';
const SECOND_MS = 1000;
const WATCH_MS = 100;
/** How long closing clients may take before the app is closed under them. */
const GOODBYE_MS = 200;

/**
 * Serves clients until control says stop. An error that nothing else caught ends the thread,
 * tidily.
 */
export async function startPublish(data: PublishData, port: MessagePort): Promise<void> {
  const publish = new PublishThread(data, port);
  process.on('uncaughtException', (error) => publish.fail(error));
  process.on('unhandledRejection', (error) => publish.fail(error));
  try {
    await publish.start();
  } catch (error) {
    publish.fail(error);
  }
}

class PublishThread {
  readonly #data: PublishData;
  readonly #port: MessagePort;
  readonly #context: ThreadContext;
  readonly #link: ControlLink;
  readonly #board: StatusBoard;
  readonly #access: PortAccess;
  readonly #sessions: Sessions;
  readonly #kite: KiteSessions;
  readonly #old: OldSessions;
  readonly #cycle: DutyCycle;
  readonly #load: LoadWatch;
  readonly #records: ChainRecords;
  readonly #market: MarketSession;
  readonly #liquidity: LiquidityQueries;
  readonly #bySocket = new WeakMap<WebSocketConnection, ClientSession>();
  #app: TemplatedApp | undefined;
  #listener: Listener | undefined;
  #ending = false;

  constructor(data: PublishData, port: MessagePort) {
    const { blocks } = data;
    this.#data = data;
    this.#port = port;
    this.#context = createThreadContext('publish', data, blocks.meters, METER_WRITER.PUBLISH);
    const { clock, meters, logger } = this.#context;
    this.#access = new PortAccess(clock, data, (reason) =>
      meters.add(reason === 'LOCKED_OUT' ? PUBLISH.REFUSED_LOCKED_OUT : PUBLISH.WRONG_KEYS, 1),
    );
    this.#market = new MarketSession(exchangeCalendar, clock);
    this.#link = new ControlLink((message) => this.#post(message), clock);
    this.#board = new StatusBoard(blocks, () => this.#meter());
    const ring = new Ring(blocks.ring);
    const parts = createPublishParts({
      blocks,
      ring,
      clock,
      meters,
      link: this.#link,
      gate: this.#access.gate,
      limits: sessionLimits(data.clientBufferBytes),
      clientsBufferBytes: data.clientsBufferBytes,
      name: Math.floor(clock.nowUs()).toString(36),
      sessionStates: () => this.#market.states,
      onGap: (from, to, reason) => this.#onGap(from, to, reason),
      onError: (error) => logger.error({ err: error }, 'session failed'),
    });
    const { table, lastValues, delivery, loop, ports } = parts;
    this.#sessions = parts.sessions;
    this.#records = parts.records;
    this.#liquidity = liquidityQueries(table, lastValues, this.#link);
    this.#kite = new KiteSessions({ ...ports, lastValues }, meters);
    const old = { ...ports, directory: this.#link, lastValues, enabled: data.oldSocket };
    this.#old = new OldSessions(old, meters, logger);
    // Those who are behind get no ticks: they must not make the others wait.
    const clients = () => this.#clients() - delivery.slowReaders.size;
    this.#cycle = new DutyCycle(ring, loop, delivery, clock, clients);
    this.#load = new LoadWatch(ring, loop, this.#cycle, meters, clock);
  }

  /** Clients of all protocols. */
  #clients(): number {
    return this.#sessions.clients.size + this.#kite.clients.size + this.#old.clients.size;
  }

  async start(): Promise<void> {
    const { host, port } = this.#data;
    const { clock } = this.#context;
    this.#port.on('message', (message: ToPublish) => this.#onControl(message));
    const app = createApp();
    this.#app = app;
    this.#mount(app);
    this.#listener = await listenExclusive(app, host, port);
    clock.setInterval(() => this.#second(), SECOND_MS).unref();
    clock.setInterval(() => this.#sessions.watch(), WATCH_MS).unref();
    this.#post({ type: 'listening', port: this.#listener.port });
    await this.#cycle.run();
  }

  /**
   * Reports the failure, says goodbye to clients and ends the thread; control starts another one.
   */
  fail(error: unknown): void {
    if (this.#ending) return;
    const { logger } = this.#context;
    logger.error({ err: error }, 'publish failed');
    const code = error instanceof TickerError ? error.code : 'THREAD_FAILED';
    const detail = error instanceof TickerError ? error.detail : errorText(error);
    this.#post({ type: 'failed', code, detail });
    this.#end(1);
  }

  #second(): void {
    this.#load.second();
    this.#sessions.second();
    this.#kite.second();
    this.#old.second();
    this.#records.second(this.#sessions.clients);
    this.#tellChanges();
    // Keys expire by themselves; revocations come at once, as `keys`.
    this.#endRevoked();
    this.#access.report((news) => this.#post(news));
  }

  /** An exchange has opened or closed. */
  #tellChanges(): void {
    for (const change of this.#market.changes()) this.#sessions.broadcast(change);
  }

  #meter(): void {
    this.#sessions.clients.meter();
    this.#kite.meter();
    this.#old.clients.meter();
  }

  /** Some ticks will not come any more: who can be told is told, the others get last values. */
  #onGap(from: number, to: number, reason: string): void {
    this.#sessions.broadcastGap(from, to, reason);
    this.#kite.refresh();
    this.#old.refresh();
  }

  #endRevoked(): void {
    const isValid = (keyId: string) => this.#access.isValid(keyId);
    for (const { clients } of [this.#sessions, this.#kite, this.#old]) clients.endRevoked(isValid);
  }

  #mount(app: TemplatedApp): void {
    const { production, corsOrigins, trustedProxies, clientsMax, clientBufferBytes } = this.#data;
    const { clock, logger, meters } = this.#context;
    const web = createWebContext({
      gate: this.#access.gate,
      corsOrigins,
      trustedProxies,
      production,
      clock,
      logger,
      onAnswer: (status, durationUs) => {
        meters.add(PUBLISH.HTTP_STATUS_FIRST + Math.floor(status / 100), 1);
        meters.record(PUBLISH_HISTOGRAM.HTTP_US, durationUs);
      },
    });
    const limits = {
      maxPayloadBytes: PAYLOAD_BYTES_MAX,
      connectionsMax: clientsMax,
      // One frame may carry a client past its limit before the limit is looked at.
      bufferBytesMax: clientBufferBytes * 2,
      onUnauthenticated: () => meters.add(PUBLISH.CLOSED_UNAUTHENTICATED, 1),
    };
    mountKite(app, web, this.#kite, {
      ...limits,
      connectionsElsewhere: () => this.#sessions.clients.size + this.#old.clients.size,
    });
    mountWebSocket(app, web, {
      ...limits,
      path: TICKS_PATH,
      subprotocols: [SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON],
      defaultSubprotocol: SUBPROTOCOL_JSON,
      connectionsElsewhere: () => this.#kite.clients.size,
      addressKey: this.#old.addressKey,
      onOpen: (connection) => this.#open(connection),
      onMessage: (connection, bytes, isBinary) => this.#onMessage(connection, bytes, isBinary),
      onDrain: (connection) => this.#old.onDrain(connection),
      onClose: (connection) => this.#close(connection),
    });
    const routes = marketRoutes({
      status: this.#board,
      production,
      metricsContentType: this.#board.metricsContentType,
      instruments: instrumentQueries(this.#link),
      liquidity: this.#liquidity,
      stream: streamLimits(clientBufferBytes),
      version: this.#board.version()['version'] ?? '',
      consoleDirectory: this.#board.consoleDirectory,
    });
    mountHttp(app, web, routes);
  }

  #open(connection: WebSocketConnection): void {
    if (this.#old.open(connection)) return;
    const session = this.#sessions.open(connection, {
      binary: connection.protocol === SUBPROTOCOL_BINARY,
      principal: connection.principal,
    });
    this.#bySocket.set(connection, session);
    // A session that ends its socket at once does so before anybody knows that they belong
    // together.
    if (!connection.isOpen) this.#close(connection);
  }

  #onMessage(connection: WebSocketConnection, bytes: ArrayBuffer, isBinary: boolean): void {
    if (this.#old.onMessage(connection, bytes, isBinary)) return;
    const session = this.#bySocket.get(connection);
    if (isBinary) session?.onBinary();
    else session?.onText(Buffer.from(bytes).toString('utf8'));
  }

  #close(connection: WebSocketConnection): void {
    this.#old.close(connection);
    const session = this.#bySocket.get(connection);
    if (session !== undefined) this.#sessions.close(session);
  }

  #onControl(message: ToPublish): void {
    switch (message.type) {
      case 'answer':
        this.#link.onAnswer(message);
        return;
      case 'status':
        this.#board.update(message.status);
        this.#market.isSimulated = message.status.upstream.some(({ simulated }) => simulated);
        this.#tellChanges();
        return;
      case 'keys':
        this.#access.onNews(message);
        this.#endRevoked();
        return;
      case 'locked-out':
        this.#access.onNews(message);
        return;
      case 'chain-changed':
        for (const session of this.#sessions.clients) {
          session.onChainChanged(message.chain, message.added, message.removedRows);
        }
        return;
      case 'order-text':
        this.#kite.onOrder(message.account, message.data);
        return;
      case 'upstream-stale': {
        const { account, sinceUs } = message;
        this.#sessions.broadcast({ type: 'upstream_stale', account, since: Math.round(sinceUs) });
        return;
      }
      case 'stop':
        this.#cycle.drain();
        this.#kite.drain();
        this.#end(0);
    }
  }

  /** Closes clients, then the app, then the thread: an open app aborts the whole process. */
  #end(exitCode: number): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#cycle.stop();
    this.#listener?.close();
    for (const { clients } of [this.#sessions, this.#kite, this.#old]) clients.closeAll();
    this.#context.clock.setTimeout(() => {
      this.#app?.close();
      if (exitCode === 0) this.#post({ type: 'stopped' });
      this.#port.close();
      process.exit(exitCode);
    }, GOODBYE_MS);
  }

  #post(message: FromPublish): void {
    this.#port.postMessage(message);
  }
}
