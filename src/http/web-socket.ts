import type { Admission, Principal } from '../domain/access.ts';
import { CLOSE } from '../domain/ports.ts';
import { admitHeader, refusal } from './authorization.ts';
import { isSameOrigin } from './cors.ts';
import { Exchange, headerProblem } from './exchange.ts';
import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  UpgradeContext,
  WebSocket,
  WebSocketBehavior,
} from './native.ts';
import { problem } from './problem.ts';
import { admitQueryKey, type QueryKey } from './query-key.ts';
import type { Problem } from './route.ts';
import type { WebContext } from './web-context.ts';
import { WebSocketConnection } from './web-socket-connection.ts';

export interface WebSocketOptions {
  path: string;
  /** Further paths that mean the same. */
  morePaths?: readonly string[];
  /**
   * The key is in the URL: for clients of a protocol that is not ours. Only a key that fits is let
   * in; the connection is counted as the key's here, not by whoever gets it.
   */
  queryKey?: QueryKey;
  /** Those that the server speaks. */
  subprotocols: readonly string[];
  /** The one that is spoken with a client that offers none. */
  defaultSubprotocol: string;
  /**
   * What a key in the address is for: clients of the protocol `protocol`, who offer no subprotocol
   * and show no other key; a bad one ends the connection with 1008. Without a `protocol` it is
   * refused (401), whoever's it is.
   */
  addressKey?: AddressKey;
  /** A longer message ends its connection with 1009. */
  maxPayloadBytes: number;
  /** Further clients are answered 503. */
  connectionsMax: number;
  /** Connections that count for the maximum too. */
  connectionsElsewhere?: () => number;
  /**
   * A message that would leave more than this waiting ends its connection without a close frame.
   * The last resort: whoever sends has a lower limit and a better answer.
   */
  bufferBytesMax: number;
  onOpen(connection: WebSocketConnection): void;
  /** `data` is valid in this call only. */
  onMessage(connection: WebSocketConnection, data: ArrayBuffer, isBinary: boolean): void;
  /** The client has read; see `bufferedBytes`. */
  onDrain(connection: WebSocketConnection): void;
  /**
   * Called once for every connection that was opened, from within `end` and `terminate` too.
   * `code` 1006: without a close frame.
   */
  onClose(connection: WebSocketConnection, code: number): void;
  /** Told of every client that was not let in for its key. */
  onUnauthenticated?: () => void;
}

export interface AddressKey {
  /** Name in the query. */
  parameter: string;
  protocol: string | undefined;
}

/** Without a message or an answered ping for so long, a connection is taken for dead. */
const IDLE_TIMEOUT_SECONDS = 60;
/** A callback of ours threw (RFC 6455, 1011). */
const CLOSE_INTERNAL_ERROR = 1011;

const BEARER_PREFIX = 'bearer.';

/** What is known of a client when it is let in; `connection` from then on. */
interface ClientState {
  protocol: string;
  /** IP address as text. */
  address: string;
  principal: Principal | undefined;
  /** It presented a key that does not let it in. */
  badKey: Exclude<Admission, { principal: Principal }>['refused'] | undefined;
  /** Whose connections it has been counted among. */
  entered?: Principal | undefined;
  /** How clients are told that their key is wrong; left out: CLOSE.UNAUTHENTICATED. */
  wrongKeyClose?: number;
  connection?: WebSocketConnection;
}

/** What is known of a client, and the subprotocol to answer with; or why it is not let in. */
type Admitted = { state: ClientState; answer: string } | { refused: Problem };

/** Takes upgrades on one path and hands out connections. */
class WebSocketServer {
  readonly #web: WebContext;
  readonly #options: WebSocketOptions;
  #connections = 0;
  #lastId = 0;

  constructor(web: WebContext, options: WebSocketOptions) {
    this.#web = web;
    this.#options = options;
  }

  upgrade(response: HttpResponse, request: HttpRequest, context: UpgradeContext): void {
    const exchange = new Exchange(response, request, this.#web, this.#web.clock.monotonicMs());
    try {
      const admitted = this.#admit(exchange);
      if ('refused' in admitted) exchange.sendProblem(admitted.refused);
      else exchange.upgrade(admitted.state, admitted.answer, context);
    } catch (error) {
      this.#web.logger.error({ err: error, requestId: exchange.requestId }, 'upgrade failed');
      exchange.sendProblem(problem('INTERNAL'));
    }
  }

  open(socket: WebSocket<ClientState>): void {
    const state = socket.getUserData();
    if (state.badKey !== undefined) {
      // A browser is not shown the status of a refused upgrade, and would try again for ever.
      this.#options.onUnauthenticated?.();
      const isFinal = state.badKey === 'UNAUTHENTICATED';
      const { wrongKeyClose = CLOSE.UNAUTHENTICATED } = state;
      socket.end(isFinal ? wrongKeyClose : CLOSE.OVERLOAD, state.badKey);
      return;
    }
    this.#lastId += 1;
    this.#connections += 1;
    const connection = new WebSocketConnection(
      socket,
      this.#lastId,
      state.protocol,
      state.principal,
      state.address,
    );
    state.connection = connection;
    this.#guard(connection, () => this.#options.onOpen(connection));
  }

  message(socket: WebSocket<ClientState>, data: ArrayBuffer, isBinary: boolean): void {
    const { connection } = socket.getUserData();
    if (!connection) return;
    this.#guard(connection, () => this.#options.onMessage(connection, data, isBinary));
  }

  drain(socket: WebSocket<ClientState>): void {
    const { connection } = socket.getUserData();
    if (connection) this.#guard(connection, () => this.#options.onDrain(connection));
  }

  close(socket: WebSocket<ClientState>, code: number): void {
    const { connection } = socket.getUserData();
    if (!connection) return;
    connection.markClosed();
    this.#connections -= 1;
    const { entered } = socket.getUserData();
    if (entered !== undefined) this.#web.gate.leave(entered);
    this.#guard(connection, () => this.#options.onClose(connection, code));
  }

  /** Decides on an upgrade. */
  #admit(exchange: Exchange): Admitted {
    const tooLong = headerProblem(exchange);
    if (tooLong) return { refused: tooLong };
    const origin = exchange.header('origin');
    if (origin !== undefined && !this.#allowsOrigin(origin, exchange)) {
      return { refused: problem('FORBIDDEN', 'Pages of this origin may not connect.') };
    }
    const elsewhere = this.#options.connectionsElsewhere?.() ?? 0;
    if (this.#connections + elsewhere >= this.#options.connectionsMax) {
      return { refused: problem('TOO_MANY_CLIENTS') };
    }
    const { queryKey } = this.#options;
    return queryKey === undefined
      ? this.#admitOurs(exchange)
      : this.#admitForeign(exchange, queryKey);
  }

  /** A client of a protocol that is not ours. */
  #admitForeign(exchange: Exchange, queryKey: QueryKey): Admitted {
    const address = exchange.clientAddress();
    const admission = admitQueryKey(queryKey, exchange.query, address, this.#web.gate);
    if ('refused' in admission) {
      this.#options.onUnauthenticated?.();
      return admission;
    }
    const { principal } = admission;
    if (!this.#web.gate.enter(principal)) {
      const detail = `The key may have ${principal.limits.connections} connections.`;
      return { refused: problem('LIMIT_EXCEEDED', detail) };
    }
    const { defaultSubprotocol: protocol } = this.#options;
    const state = { protocol, principal, badKey: undefined, address, entered: principal };
    return { state, answer: '' };
  }

  /** The key may be in the header or the subprotocol list, or come later as a message. */
  #admitOurs(exchange: Exchange): Admitted {
    const offered = (exchange.header('sec-websocket-protocol') ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    const header = exchange.header('authorization');
    const address = exchange.clientAddress();
    const { addressKey } = this.#options;
    if (addressKey !== undefined && header === undefined && offered.length === 0) {
      const token = new URLSearchParams(exchange.query).get(addressKey.parameter);
      if (token !== null) return this.#admitByAddress(token, addressKey, address);
    }
    let principal: Principal | undefined;
    let badKey: ClientState['badKey'];
    if (header !== undefined) {
      const admission = admitHeader(header, address, this.#web.gate);
      if ('refused' in admission) {
        this.#options.onUnauthenticated?.();
        return { refused: refusal(admission) };
      }
      principal = admission.principal;
    } else {
      const bearer = offered.find((name) => name.startsWith(BEARER_PREFIX));
      if (bearer !== undefined) {
        const admission = this.#web.gate.admit(bearer.slice(BEARER_PREFIX.length), address);
        if ('principal' in admission) principal = admission.principal;
        else badKey = admission.refused;
      }
    }
    const protocols = offered.filter((name) => !name.startsWith(BEARER_PREFIX));
    const { subprotocols, defaultSubprotocol } = this.#options;
    const chosen = protocols.find((name) => subprotocols.includes(name));
    if (chosen === undefined && protocols.length > 0) {
      const detail = `None of the offered subprotocols is ${subprotocols.join(' or ')}.`;
      return { refused: problem('INVALID_REQUEST', detail) };
    }
    const protocol = chosen ?? defaultSubprotocol;
    return { state: { protocol, principal, badKey, address }, answer: chosen ?? '' };
  }

  /** A client of another protocol, which has its key in the address. */
  #admitByAddress(token: string, { protocol }: AddressKey, address: string): Admitted {
    if (protocol === undefined) {
      this.#options.onUnauthenticated?.();
      const detail = 'A key in the address is not taken: send it in the header Authorization.';
      return { refused: problem('UNAUTHENTICATED', detail) };
    }
    const admission = this.#web.gate.admit(token, address);
    const known =
      'principal' in admission
        ? { principal: admission.principal, badKey: undefined }
        : { principal: undefined, badKey: admission.refused };
    const wrongKeyClose = CLOSE.BAD_PROTOCOL;
    return { state: { protocol, ...known, wrongKeyClose, address }, answer: '' };
  }

  #allowsOrigin(origin: string, exchange: Exchange): boolean {
    return this.#web.cors.allows(origin) || isSameOrigin(origin, exchange.header('host') ?? '');
  }

  /** An error in the treatment of one client ends that client, not the service. */
  #guard(connection: WebSocketConnection, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#web.logger.error({ err: error, connection: connection.id }, 'client handler failed');
      connection.end(CLOSE_INTERNAL_ERROR, 'INTERNAL');
    }
  }
}

/**
 * Takes WebSocket clients on the paths of `options`. Pages of foreign origins and bad keys in an
 * Authorization header are refused over HTTP (403, 401); a bad key in the subprotocol list ends the
 * connection with 4500; without a key the connection opens with `principal` undefined.
 */
export function mountWebSocket(
  app: TemplatedApp,
  web: WebContext,
  options: WebSocketOptions,
): void {
  const server = new WebSocketServer(web, options);
  const behavior: WebSocketBehavior<ClientState> = {
    maxPayloadLength: options.maxPayloadBytes,
    maxBackpressure: options.bufferBytesMax,
    idleTimeout: IDLE_TIMEOUT_SECONDS,
    sendPingsAutomatically: true,
    upgrade: (response, request, context) => server.upgrade(response, request, context),
    open: (socket) => server.open(socket),
    message: (socket, data, isBinary) => server.message(socket, data, isBinary),
    drain: (socket) => server.drain(socket),
    close: (socket, code) => server.close(socket, code),
  };
  for (const path of [options.path, ...(options.morePaths ?? [])]) app.ws(path, behavior);
}
