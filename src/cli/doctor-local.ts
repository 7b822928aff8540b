import { accessSync, constants, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { loadAccounts } from '../config/accounts.ts';
import { readApiKeyFile } from '../config/api-key-file.ts';
import type { Config } from '../config/settings.ts';
import { errorText } from '../domain/error-codes.ts';
import { createApp } from '../http/native.ts';
import type { Finding } from './doctor-finding.ts';
import { urlHost } from '../threads/control/url-host.ts';

const OTHERS = 0o077;
/** Passing through is needed by the user that an embedded database runs as. */
const OTHERS_READ_OR_WRITE = 0o066;

/** What can be checked without the database: data folder, files, ports, native build. */
export async function localChecks(config: Config): Promise<Finding[]> {
  return [
    nativeBuild(),
    dataDirectory(config),
    apiKey(config),
    ...accountsFile(config),
    ...(await Promise.all(portsOf(config).map((port) => portFinding(config, port)))),
  ];
}

function ok(check: string, detail: string): Finding {
  return { check, state: 'ok', detail, advice: '' };
}

function fail(check: string, error: unknown, advice: string): Finding {
  return { check, state: 'fail', detail: errorText(error), advice };
}

function nativeBuild(): Finding {
  const check = 'native build';
  try {
    createApp().close();
    return ok(check, `uWebSockets.js for Node ${process.version} on ${process.arch}`);
  } catch (error) {
    return fail(check, error, 'use a Node version and a system that README.md names');
  }
}

function dataDirectory({ dataDirectory: path }: Config): Finding {
  const check = 'data folder';
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    if (process.platform === 'win32' || (statSync(path).mode & OTHERS_READ_OR_WRITE) === 0) {
      return ok(check, `${path} is this user's alone`);
    }
    const detail = `${path} can be read by other users`;
    return { check, state: 'warn', detail, advice: `run chmod 700 ${path}` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return ok(check, `${path} will be made by the first start`);
    }
    return fail(check, error, 'make it readable and writable, or set TICKER_DATA_DIR');
  }
}

function apiKey(config: Config): Finding {
  const check = 'API key';
  if (config.apiKey !== undefined) return ok(check, 'given by the configuration');
  try {
    const file = readApiKeyFile(config.dataDirectory);
    if (file === undefined) {
      return config.environment === 'production'
        ? ok(check, 'none given: callers need keys of `ticker keys create`')
        : ok(check, 'one will be made by the first start');
    }
    if ((statSync(file.path).mode & OTHERS) === 0) return ok(check, file.path);
    const detail = `${file.path} can be read by other users`;
    return { check, state: 'warn', detail, advice: `run chmod 600 ${file.path}` };
  } catch (error) {
    return fail(check, error, 'delete the file to get a new key');
  }
}

function accountsFile(config: Config): Finding[] {
  const { accountsFile: path } = config;
  if (path === undefined) return [];
  const check = 'accounts file';
  const exposures: string[] = [];
  try {
    const production = config.environment === 'production';
    const accounts = loadAccounts(path, { production, warn: (text) => exposures.push(text) });
    const detail = [`${accounts.length} accounts`, ...exposures].join('; ');
    if (exposures.length === 0) return [ok(check, detail)];
    return [{ check, state: 'warn', detail, advice: 'production would refuse it' }];
  } catch (error) {
    return [fail(check, error, 'correct the file')];
  }
}

interface ListeningPort {
  check: string;
  port: number;
  setting: string;
  /** What the service that listens there calls itself. */
  name: string;
}

function portsOf({ role, marketPort, ordersPort }: Config): ListeningPort[] {
  const market = {
    check: 'market port',
    port: marketPort,
    setting: 'TICKER_MARKET_PORT',
    name: 'ticker-service',
  };
  const orders = {
    check: 'orders port',
    port: ordersPort,
    setting: 'TICKER_ORDERS_PORT',
    name: 'ticker-service-orders',
  };
  if (role === 'all') return [market, orders];
  return role === 'market' ? [market] : [orders];
}

async function portFinding(
  { bind }: Config,
  { check, port, setting, name: ours }: ListeningPort,
): Promise<Finding> {
  const where = `${bind}:${port}`;
  const error = await listenError(bind, port);
  if (error === undefined) return ok(check, `${where} is free`);
  if (error.code !== 'EADDRINUSE') {
    return fail(check, error, 'set TICKER_BIND to an address of this machine');
  }
  const name = await serviceName(`http://${urlHost(bind)}:${port}/version`);
  if (name === ours) return ok(check, `${where} is that of a running service`);
  return fail(check, `${where} is in use by another program`, `end it, or set ${setting}`);
}

function listenError(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}

/** The `name` that the service at `url` gives itself; undefined: it is none of ours. */
async function serviceName(url: string): Promise<unknown> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
    return ((await answer.json()) as Record<string, unknown>)['name'];
  } catch {
    // Whatever it is, it does not speak like a service of ours.
    return undefined;
  }
}
