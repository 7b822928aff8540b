import { join } from 'node:path';
import { type BrokerAccount, secretsOf } from '../../config/accounts.ts';
import { secretTexts } from '../../config/config-secrets.ts';
import { hasOldSocket } from '../../config/old-clients.ts';
import type { Config } from '../../config/settings.ts';
import { createSystemClock } from '../../domain/clock.ts';
import type {
  OrdersData,
  PublishData,
  SimulatorData,
  ThreadBasics,
  ThreadData,
} from '../messages.ts';

/** What every thread is started with. */
export function threadBasics(
  config: Config,
  apiKey: string | undefined,
  accounts: readonly BrokerAccount[],
): ThreadBasics {
  const { speed, originEpochMs } = config.clock;
  return {
    clock: { speed, originEpochMs: originEpochMs ?? createSystemClock().nowUs() / 1000 },
    logLevel: config.logLevel,
    secrets: [
      ...secretTexts(config),
      ...(apiKey === undefined ? [] : [apiKey]),
      ...accounts.flatMap(secretsOf),
    ],
    production: config.environment === 'production',
  };
}

/** `basics` for threads that get accounts which were not known at the start. */
export function withSecretsOf(
  basics: ThreadBasics,
  accounts: readonly BrokerAccount[],
): ThreadBasics {
  return { ...basics, secrets: [...basics.secrets, ...accounts.flatMap(secretsOf)] };
}

/** What of the configuration the publish thread is started with. */
export function publishSettings(
  config: Config,
): Omit<PublishData, keyof ThreadData | 'keys' | 'keysComplete' | 'port'> {
  return {
    host: config.bind,
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    clientBufferBytes: config.clientBufferBytes,
    clientsBufferBytes: config.clientsBufferBytes,
    clientsMax: config.clientsMax,
    oldSocket: hasOldSocket(config),
  };
}

/** What of the configuration the orders thread is started with. */
export function ordersSettings(
  config: Config,
): Pick<
  OrdersData,
  | 'host'
  | 'corsOrigins'
  | 'trustedProxies'
  | 'databasePool'
  | 'cancelWithoutJournal'
  | 'reconcileSeconds'
> {
  return {
    host: config.bind,
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    databasePool: ordersPool(config),
    cancelWithoutJournal: config.cancelWithoutJournal,
    reconcileSeconds: config.reconcileSeconds,
  };
}

/** Most connections to the database of the orders thread, one for its lock among them. */
function ordersPool({ databasePool }: Config): number {
  return Math.max(2, Math.floor(databasePool / 2));
}

/** Most connections to the database of control. */
export function controlPool(config: Config): number {
  const { role, databasePool } = config;
  return role === 'market' ? databasePool : Math.max(1, databasePool - ordersPool(config));
}

/** What the simulator thread is started with; it serves this machine alone. */
export function simulatorData(basics: ThreadBasics, config: Config, port: number): SimulatorData {
  return {
    ...basics,
    host: '127.0.0.1',
    port,
    seed: config.simSeed,
    instruments: config.simInstruments,
    ticksPerSecond: config.simTicksPerSecond,
    bookFile: join(config.dataDirectory, 'simulator-orders.jsonl'),
  };
}
