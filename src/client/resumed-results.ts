import type { SubscriptionResult } from '../wire/messages.ts';
import { chainKey } from './chain-key.ts';
import { requestKey, type SubscribeBatch } from './subscriptions.ts';

/** The lines of one chain, from the front of `lines`, which are of chains in their order. */
function takeChain(
  { item: { chain } }: SubscribeBatch,
  lines: SubscriptionResult[],
): SubscriptionResult[] {
  const [first] = lines;
  if (chain === undefined || typeof first?.request !== 'object') return [];
  const expiry = chain.expiry ?? first.request.expiry;
  const asked = chainKey({ ...chain, ...(expiry === undefined ? {} : { expiry }) });
  if (chainKey(first.request) !== asked) return [];
  const tokens = new Set<number>();
  let count = 0;
  for (const line of lines) {
    if (requestKey(line.request) !== asked) break;
    // The same chain again, by another subscription.
    if (line.ok ? tokens.has(line.token) : count > 0) break;
    if (line.ok) tokens.add(line.token);
    count += 1;
  }
  return lines.splice(0, count);
}

/** The lines of the one answer to a resume, by the batches that it asked for. */
export function splitResults(
  batches: readonly SubscribeBatch[],
  results: readonly SubscriptionResult[],
): SubscriptionResult[][] {
  const ofChains = results.filter(({ request }) => typeof request === 'object');
  const byKey = new Map(results.map((result) => [requestKey(result.request), result]));
  return batches.map((batch) =>
    batch.item.chain === undefined
      ? batch.subscriptions.flatMap(({ request }) => byKey.get(requestKey(request)) ?? [])
      : takeChain(batch, ofChains),
  );
}
