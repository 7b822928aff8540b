import type { BrokerAccount } from '../../config/accounts.ts';
import type { Config } from '../../config/settings.ts';
import type { PricingBook } from '../../domain/pricing-terms.ts';
import type { TickerError } from '../../domain/error-codes.ts';

export interface ServiceOptions {
  config: Config;
  /** From the accounts file; empty: those of the store, else the built-in simulator. */
  accounts: readonly BrokerAccount[];
  /** How options are priced, by underlying. */
  pricing: PricingBook;
  /** A key that holds every scope, beside those of the store. */
  apiKey: string | undefined;
  /** Something that cannot be repaired from inside: the process should end. */
  onFatal(error: TickerError): void;
}
