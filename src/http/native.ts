import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type * as uWebSockets from 'uWebSockets.js';
import { TickerError, errorText, type ErrorCode } from '../domain/error-codes.ts';

/* The one import of uWebSockets.js. */

export type {
  HttpResponse,
  TemplatedApp,
  WebSocket,
  WebSocketBehavior,
  us_socket_context_t as UpgradeContext,
} from 'uWebSockets.js';

export type HttpRequest = Omit<uWebSockets.HttpRequest, 'getQuery'> & {
  /** Undefined for a URL without `?`, whatever the package's own definition says. */
  getQuery(): string | undefined;
};

type Native = Pick<
  typeof uWebSockets,
  'App' | 'us_listen_socket_close' | 'us_socket_local_port'
> & {
  LIBUS_LISTEN_EXCLUSIVE_PORT: number;
  /** `silent`: answers do not name the server software. */
  _cfg?: (key: string) => void;
};

/** The signature that the type definitions leave out: host, port, options, callback. */
interface HostListener {
  listen(
    host: string,
    port: number,
    options: number,
    callback: (socket: uWebSockets.us_listen_socket | false) => void,
  ): void;
}

const PACKAGE = 'uWebSockets.js';

/** Somebody else may take a free port before we do, but hardly so many times. */
const FREE_PORT_ATTEMPTS = 5;

let loaded: Native | undefined;

function glibcVersion(): string {
  const report = process.report.getReport() as unknown as {
    header: { glibcVersionRuntime?: string };
  };
  return report.header.glibcVersionRuntime ?? 'none';
}

function nativeBuildError(reason: string, cause?: unknown): TickerError {
  const platform = `${process.platform} ${process.arch}`;
  const runtime = `Node ${process.version} (ABI ${process.versions.modules})`;
  return new TickerError(
    'NATIVE_BUILD',
    `${PACKAGE} has no native build that loads on ${platform}, ${runtime}, ` +
      `glibc ${glibcVersion()}: ${reason}`,
    { cause },
  );
}

/** Loads `name` and makes sure that native code came with it. Throws TickerError NATIVE_BUILD. */
export function loadNativePackage(name: string, require: NodeJS.Require): unknown {
  let exported: unknown;
  try {
    exported = require(name);
  } catch (error) {
    throw nativeBuildError(errorText(error).split('\n').at(-1) ?? '', error);
  }
  const hasNativeCode = Object.keys(require.cache).some(
    (file) => file.endsWith('.node') && file.includes(name),
  );
  if (!hasNativeCode) throw nativeBuildError('it fell back to JavaScript');
  return exported;
}

function native(): Native {
  if (!loaded) {
    loaded = loadNativePackage(PACKAGE, createRequire(import.meta.url)) as Native;
    loaded._cfg?.('silent');
  }
  return loaded;
}

/** An app without routes. A thread with an open app must close it before it ends. */
export function createApp(): uWebSockets.TemplatedApp {
  return native().App();
}

export interface Listener {
  /** The port, also when any free one was asked for. */
  port: number;
  /** Takes no new connections; those that are open stay. Not after the app was closed. */
  close(): void;
}

/** Why a listener could not be had. uWebSockets.js does not say, so another one asks. */
function listenError(host: string, port: number): Promise<TickerError> {
  return new Promise((resolve) => {
    const where = `${host}:${port}`;
    const probe = createServer();
    const answer = (code: ErrorCode, detail: string): void => {
      probe.close();
      resolve(new TickerError(code, detail));
    };
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        answer('PORT_IN_USE', `${where} is in use by another process`);
      } else {
        answer('CONFIG_INVALID', `cannot listen on ${where} (${error.code ?? error.message})`);
      }
    });
    probe.listen({ host, port, exclusive: true }, () =>
      answer('PORT_IN_USE', `${where} was in use by another process`),
    );
  });
}

/** A port of `host` that nobody has now; undefined: there is none, or no such host. */
function freePort(host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen({ host, port: 0, exclusive: true }, () => {
      const address = probe.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      probe.close(() => resolve(port));
    });
  });
}

function listenSocket(
  app: uWebSockets.TemplatedApp,
  host: string,
  port: number,
): Promise<uWebSockets.us_listen_socket | false> {
  const exclusive = native().LIBUS_LISTEN_EXCLUSIVE_PORT;
  return new Promise((resolve) => {
    (app as unknown as HostListener).listen(host, port, exclusive, resolve);
  });
}

/**
 * Listens on `host:port` (0: any free port), and on nothing that another listener has: without the
 * exclusive option a second one would silently share the port. Rejects with TickerError
 * PORT_IN_USE, or CONFIG_INVALID when this machine or user cannot listen there.
 */
export async function listenExclusive(
  app: uWebSockets.TemplatedApp,
  host: string,
  port: number,
): Promise<Listener> {
  let chosen = port;
  let socket: uWebSockets.us_listen_socket | false;
  let attempts = 0;
  do {
    // Asked for port 0, uWebSockets.js leaves out SO_REUSEADDR, and the port could not be had again
    // by a restarted thread while old connections to it linger.
    if (port === 0) chosen = (await freePort(host)) ?? 0;
    socket = await listenSocket(app, host, chosen);
    attempts += 1;
  } while (socket === false && port === 0 && attempts < FREE_PORT_ATTEMPTS);
  if (socket === false) throw await listenError(host, chosen);
  const listening = socket;
  let open = true;
  return {
    port: native().us_socket_local_port(listening),
    close() {
      if (open) native().us_listen_socket_close(listening);
      open = false;
    },
  };
}
