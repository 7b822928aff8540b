import { TickerError } from '../../domain/error-codes.ts';
import type { KiteSession } from '../../fanout/kite/kite-session.ts';
import type { TemplatedApp } from '../../http/native.ts';
import type { WebContext } from '../../http/web-context.ts';
import { mountWebSocket, type WebSocketOptions } from '../../http/web-socket.ts';
import type { WebSocketConnection } from '../../http/web-socket-connection.ts';
import type { KiteSessions } from './kite-sessions.ts';

/** The official clients take a URL and put `?api_key=..&access_token=..` behind it. */
const KITE_PATHS = ['/kite', '/kite/'] as const;

type DoorOptions = Pick<
  WebSocketOptions,
  | 'maxPayloadBytes'
  | 'connectionsMax'
  | 'connectionsElsewhere'
  | 'bufferBytesMax'
  | 'onUnauthenticated'
>;

/** Lets in clients of the broker's own protocol: `access_token` is a key of ours. */
export function mountKite(
  app: TemplatedApp,
  web: WebContext,
  sessions: KiteSessions,
  options: DoorOptions,
): void {
  const bySocket = new WeakMap<WebSocketConnection, KiteSession>();
  const [path, ...morePaths] = KITE_PATHS;
  mountWebSocket(app, web, {
    ...options,
    path,
    morePaths,
    queryKey: { parameter: 'access_token', scope: 'ticks:read' },
    subprotocols: [],
    defaultSubprotocol: 'kite',
    onOpen(connection) {
      const { principal } = connection;
      if (principal === undefined) throw new TickerError('UNAUTHENTICATED');
      bySocket.set(connection, sessions.open(connection, principal));
    },
    onMessage(connection, bytes, isBinary) {
      const session = bySocket.get(connection);
      if (isBinary) session?.onBinary();
      else session?.onText(Buffer.from(bytes).toString('utf8'));
    },
    onDrain: (connection) => bySocket.get(connection)?.onDrain(),
    onClose(connection) {
      const session = bySocket.get(connection);
      if (session !== undefined) sessions.close(session);
    },
  });
}
