import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import type { PeerSocket } from './connection.ts';

/** Names the simulator in every answer, so that nobody takes its prices for real. */
export const SIMULATOR_HEADER = 'X-Ticker-Simulator';
const SIMULATOR_HEADER_LINE = `${SIMULATOR_HEADER}: 1`;
const MAX_MESSAGE_BYTES = 1024 * 1024;
const SEND_BINARY = { binary: true, compress: false, fin: true } as const;

/** What a connection does with what its socket reports. */
export interface SocketHandler {
  onText(text: string): void;
  /** Last call; `code` is the WebSocket close code, 1006 without a closing handshake. */
  onClosed(code: number): void;
}

/** An HTTP status that refuses the upgrade, or what to do with the socket. */
export type UpgradeDecision =
  { status: number } | { accept: (socket: PeerSocket) => SocketHandler };

/** The head of an HTTP answer written without node:http, with the body `text`. */
export function rawAnswer(status: number, text: string): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}`,
    SIMULATOR_HEADER_LINE,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    '',
    text,
  ].join('\r\n');
}

/** Takes the WebSocket upgrades of `server`; `decide` gets path and query of the request. */
export function serveSockets(server: Server, decide: (target: string) => UpgradeDecision): void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    skipUTF8Validation: true,
  });
  sockets.on('headers', (headers) => {
    headers.push(SIMULATOR_HEADER_LINE);
  });
  sockets.on('wsClientError', (error, tcpSocket) => {
    tcpSocket.end(rawAnswer(400, error.message));
  });
  server.on('upgrade', (request: IncomingMessage, tcpSocket: Duplex, head: Buffer) => {
    tcpSocket.on('error', () => {
      tcpSocket.destroy();
    });
    const decision = decide(request.url ?? '/');
    if ('status' in decision) {
      tcpSocket.end(rawAnswer(decision.status, STATUS_CODES[decision.status] ?? ''));
      return;
    }
    sockets.handleUpgrade(request, tcpSocket, head, (socket) => {
      // Small frames must not wait for the acknowledgement of the one before.
      request.socket.setNoDelay(true);
      attach(socket, decision.accept(peerSocket(socket, request)));
    });
  });
}

function peerSocket(socket: WebSocket, request: IncomingMessage): PeerSocket {
  return {
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    sendBinary(frame, done) {
      socket.send(frame, SEND_BINARY, done);
    },
    sendText(text) {
      socket.send(text);
    },
    close(code) {
      // A paused socket would never see the answer to the closing handshake.
      socket.resume();
      socket.close(code);
    },
    reset() {
      request.socket.resetAndDestroy();
    },
    pause() {
      socket.pause();
    },
    resume() {
      socket.resume();
    },
  };
}

function attach(socket: WebSocket, handler: SocketHandler): void {
  socket.on('message', (data: RawData, isBinary: boolean) => {
    // The broker's protocol has no binary messages from the client.
    if (!isBinary) handler.onText((data as Buffer).toString('utf8'));
  });
  socket.on('error', () => {
    socket.terminate();
  });
  socket.on('close', (code) => {
    handler.onClosed(code);
  });
}
