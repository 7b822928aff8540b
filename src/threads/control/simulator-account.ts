import type { BrokerAccount } from '../../config/accounts.ts';

/** The account of the built-in simulator. */
export function simulatorAccount(restUrl: string, wsUrl: string): BrokerAccount {
  return {
    id: 'SIM001',
    apiKey: 'sim-key-1',
    apiSecret: 'sim-secret-1',
    accessToken: 'sim-token-1',
    marketData: true,
    trading: true,
    restUrl,
    wsUrl,
  };
}
