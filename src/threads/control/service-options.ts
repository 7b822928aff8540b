import type { BrokerAccount } from '../../config/accounts.ts';
import type { Config } from '../../config/settings.ts';
import type { TickerError } from '../../domain/error-codes.ts';

export interface ServiceOptions {
  config: Config;
  /** Empty: the built-in simulator is the feed. */
  accounts: readonly BrokerAccount[];
  /** The key that clients present. */
  apiKey: string;
  /** Something that cannot be repaired from inside: the process should end. */
  onFatal(error: TickerError): void;
}
