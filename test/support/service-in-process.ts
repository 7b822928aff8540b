import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { flatPricing } from '../../src/domain/pricing-terms.ts';
import { Service } from '../../src/threads/control/service.ts';
import { atEnd } from './at-end.ts';
import { temporaryFolder } from './ticker-process.ts';

export const KEY = 'test-key-test-key-test-key-test-key-test-key';

/** The service in this process, so that a test can reach its threads. */
export async function startInProcess(
  t: TestContext,
  settings: Record<string, string> = {},
): Promise<Service> {
  const service = new Service({
    config: loadConfig({
      TICKER_MARKET_PORT: '0',
      TICKER_ORDERS_PORT: '0',
      TICKER_SIM_PORT: '0',
      TICKER_GREEKS_WORKERS: '2',
      TICKER_LOG_LEVEL: 'silent',
      TICKER_DATA_DIR: temporaryFolder(t),
      ...settings,
    }),
    accounts: [],
    pricing: flatPricing(0.065),
    apiKey: KEY,
    onFatal: (error) => assert.fail(error),
  });
  atEnd(t, () => service.stop());
  await service.start();
  return service;
}
