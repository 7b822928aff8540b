import { strikeChoiceName } from '../domain/strike-choice.ts';
import type { ChainRequest } from '../wire/messages.ts';

/** Equal for requests that ask for the same. */
export function chainKey({ underlying, expiry, strikes }: ChainRequest): string {
  return `chain ${JSON.stringify([underlying, expiry ?? null, strikeChoiceName(strikes)])}`;
}
