/**
 * The service's publish side without the rest of it, as a process: the real publish thread with its
 * sockets, sessions, keys and subscriptions, control's real instrument desk, and in the place of
 * broker, ingest and Greeks a thread that writes finished ticks into the ring. Started by the
 * bench.
 */
import { Worker } from 'node:worker_threads';
import { configuredKey } from '../../src/access/key-table.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createSystemClock } from '../../src/domain/clock.ts';
import { flatPricing } from '../../src/domain/pricing-terms.ts';
import { InstrumentTable } from '../../src/shm/instrument-table.ts';
import { LastValueTable } from '../../src/shm/last-value-table.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { openDesk } from '../../src/threads/control/open-desk.ts';
import { answerCall } from '../../src/threads/control/publish-calls.ts';
import { allocateSharedMemory } from '../../src/threads/control/shared-memory.ts';
import { publishSettings, threadBasics } from '../../src/threads/control/thread-data.ts';
import type { FromPublish, PublishData } from '../../src/threads/messages.ts';
import { spawnThread } from '../../src/threads/spawn.ts';
import { RATE_PER_YEAR } from '../market/tick-path.ts';
import { optionTokensOf, prepareMarket } from './fanout-market.ts';
import type { FromHost, ToHost } from './host-messages.ts';
import type { FeederData, FromFeeder } from './ring-feeder.ts';

const INSTRUMENT_ROWS = 8192;
/** One key holds all clients of the bench. */
const CLIENTS_MAX = 10_000;
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const FEEDER = new URL(`./ring-feeder${extension}`, import.meta.url);

let feeder: Worker | undefined;
let feederCpuUs = 0;

function tell(message: FromHost): void {
  process.send?.(message);
}

async function start({ key }: Extract<ToHost, { type: 'start' }>): Promise<void> {
  const market = await prepareMarket();
  const clock = createSystemClock();
  const config = loadConfig({}, { TICKER_LOG_LEVEL: 'warn', TICKER_CLIENTS_MAX: `${CLIENTS_MAX}` });
  const blocks = allocateSharedMemory({
    ringSlots: config.ringSlots,
    instrumentRows: INSTRUMENT_ROWS,
    // Ticks come with their Greeks: nobody computes any, and publish waits for nobody.
    greeksWorkers: 0,
  });
  const { desk } = openDesk({
    instruments: market.registry.all,
    table: new InstrumentTable(blocks.instruments),
    lastValues: new LastValueTable(blocks.lastValues),
    clock,
    logger: createLogger({ level: config.logLevel, thread: 'control', clock }),
    accounts: 1,
    pricing: flatPricing(RATE_PER_YEAR),
    greeksWorkers: 0,
    onDemand: () => undefined,
  });
  const tokens = market.instruments.map(({ token }) => token);
  const resolved = await desk.resolveInstruments(tokens);
  const rows = resolved.map((item) => (item.ok ? item.instrument.row : -1));
  if (rows.includes(-1)) throw new Error('an instrument of the bench has no row');
  const data: FeederData = { blocks, rows, ticks: market.ticks.u8.buffer as ArrayBuffer };
  const opening = new Worker(FEEDER, { workerData: data, name: 'feeder' });
  feeder = opening;
  const configured = configuredKey('bench', key, ['ticks:read']);
  const limits = { ...configured.limits, connections: CLIENTS_MAX };
  const publishData: PublishData = {
    ...threadBasics(config, key, []),
    ...publishSettings(config),
    blocks,
    keys: [{ ...configured, limits }],
    keysComplete: true,
    port: 0,
  };
  opening.on('message', (message: FromFeeder) => {
    if (message.type === 'opened') {
      startPublish(publishData, desk, tokens, optionTokensOf(market.instruments));
      return;
    }
    feederCpuUs += message.cpuUs;
    tell(message);
  });
}

function startPublish(
  data: PublishData,
  desk: ReturnType<typeof openDesk>['desk'],
  tokens: number[],
  optionTokens: number[],
): void {
  const publish = spawnThread('publish', data);
  publish.on('message', (message: FromPublish) => {
    if (message.type === 'listening') {
      tell({ type: 'listening', port: message.port, tokens, optionTokens });
    } else if (message.type === 'call') {
      void answerCall(message, desk, fail).then((answer) => publish.postMessage(answer));
    } else if (message.type === 'failed') {
      fail(new Error(`${message.code}: ${message.detail}`));
    }
  });
}

function fail(error: unknown): void {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
}

process.on('message', (message: ToHost) => {
  switch (message.type) {
    case 'start':
      void start(message);
      return;
    case 'feed':
      feeder?.postMessage(message);
      return;
    case 'usage': {
      const { user, system } = process.cpuUsage();
      const residentBytes = process.memoryUsage.rss();
      tell({ type: 'usage', cpuUs: user + system, feederCpuUs, residentBytes });
    }
  }
});
// Without its parent a host has no purpose.
process.on('disconnect', () => process.exit(0));
