import type { SimulatorFault } from '../../../src/feed/sim/fault-script.ts';
import type { Random } from '../../../src/feed/sim/random.ts';

const SYMPTOMS = [
  'timeout',
  'reset',
  'reset_in_body',
  'truncated',
  'status',
  'html',
  'timed_out_text',
] as const;

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.integer(0, items.length - 1)]!;
}

/** What the broker does while the service lives this time; times by the fast clock. */
export function killFaults(random: Random, accounts: readonly string[]): SimulatorFault[] {
  const count = random.integer(0, 3);
  return Array.from({ length: count }, () => fault(random, pick(random, accounts)));
}

function fault(random: Random, account: string): SimulatorFault {
  const at = { at_ms: random.integer(0, 8000), account };
  const lasting = { for_ms: 20_000, times: random.integer(1, 3) };
  const isAccepted = random.uniform() < 0.6;
  const outcome = {
    symptom: pick(random, SYMPTOMS),
    accepted: isAccepted,
    call: pick(random, ['place', 'place', 'cancel', 'modify'] as const),
    ...(isAccepted && random.uniform() < 0.4 && { visible_after_ms: random.integer(100, 60_000) }),
    ...lasting,
  };
  return pick<() => SimulatorFault>(random, [
    () => ({ ...at, fault: 'order_outcome', args: outcome }),
    () => ({ ...at, fault: 'order_outcome', args: outcome }),
    () => ({ ...at, fault: 'order_events', args: { action: 'lose', for_ms: 20_000 } }),
    () => ({ ...at, fault: 'slow_answers', args: { delay_ms: 3000, ...lasting } }),
    () => ({
      ...at,
      route: 'GET /orders',
      fault: 'rest_status',
      args: { status: 503, for_ms: 4000 },
    }),
    () => ({ ...at, fault: 'hide_orders', args: { delay_ms: 30_000, ...lasting } }),
  ])();
}
