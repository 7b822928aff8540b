import { BlackScholes } from '@uqee/black-scholes';
import type { Instrument } from '../../src/domain/instrument.ts';
import { GREEKS_STATUS, GREEKS_STATUS_NAMES } from '../../src/domain/status.ts';
import { isGreeksDone } from '../../src/shm/greeks-section.ts';
import { TICK_GREEKS_STATE_I32 } from '../../src/shm/layout/tick-slot.ts';
import type { Ring } from '../../src/shm/ring.ts';
import { TICK_LAYOUT } from '../../src/wire/tick-layout.ts';
import { TickView } from '../../src/wire/tick-view.ts';
import type { Verifier } from '../harness/verifier.ts';
import { RATE_PER_YEAR } from '../market/tick-path.ts';

/** On the day of expiry an option far from the money has hundreds of percent. */
const IV_MAX = 50;
/** Rupees: iv_own and the time are single precision in the slot. */
const REPRICE_ERROR_MAX = 0.001;
const OK_SHARE_MIN = 0.9;

const outsider = new BlackScholes({ sigmaToPricePrecision: 'double' });

/**
 * Looks at every slot from `first` to `last`: done, a value or a reason, and the volatility of the
 * option's own quote must give its price back, by another implementation's formula. Returns how
 * many ticks have which GREEKS_STATUS.
 */
export function checkGreeks(
  ring: Ring,
  first: number,
  last: number,
  instruments: readonly Instrument[],
  verifier: Verifier,
): Map<number, number> {
  const { u8, i32 } = ring.ticks;
  const bytes = new DataView(u8.buffer, u8.byteOffset, u8.length);
  const byToken = new Map(instruments.map((instrument) => [instrument.token, instrument]));
  const statuses = new Map<number, number>();
  const tick = new TickView();
  let notDone = 0;
  let impossible = 0;
  let worstReprice = 0;
  for (let position = first; position <= last; position++) {
    const slot = ring.slotBytes(position);
    if (!isGreeksDone(i32, (slot >> 2) + TICK_GREEKS_STATE_I32, position)) notDone++;
    tick.moveTo(bytes, slot, TICK_LAYOUT);
    const status = tick.greeksStatus ?? 0;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (!isPossible(tick, status)) impossible++;
    const instrument = byToken.get(tick.instrumentToken);
    if (instrument === undefined || tick.ivOwn === undefined) continue;
    worstReprice = Math.max(worstReprice, repriceError(tick, instrument, tick.ivOwn));
  }
  verifier.equal('slots not done', notDone, 0);
  verifier.equal('values that cannot be', impossible, 0);
  verifier.atMost(
    'rupees between a quote and the price of its IV',
    worstReprice,
    REPRICE_ERROR_MAX,
  );
  return statuses;
}

function isPossible(tick: TickView, status: number): boolean {
  const { iv, delta, gamma, theta, vega, rho } = tick;
  const values = [iv, delta, gamma, theta, vega, rho];
  if (status !== GREEKS_STATUS.OK) return values.every((value) => value === undefined);
  if (values.includes(undefined)) return false;
  return iv! > 0 && iv! < IV_MAX && Math.abs(delta!) <= 1 && gamma! >= 0 && vega! >= 0;
}

/** Rupees between the option's own quote and the price that its own volatility gives. */
function repriceError(tick: TickView, { type, strike }: Instrument, ivOwn: number): number {
  const bid = tick.bidPrice(0) ?? 0;
  const ask = tick.askPrice(0) ?? 0;
  const quote = bid > 0 && ask > 0 ? (bid + ask) / 2 : (tick.lastPrice ?? 0);
  const time = tick.timeToExpiryYears ?? 0;
  // On the forward and undiscounted, the spot model is Black-76.
  const { price } = outsider.option({
    rate: 0,
    sigma: ivOwn,
    strike: strike ?? 0,
    time,
    type: type === 'CE' ? 'call' : 'put',
    underlying: tick.forward ?? 0,
  });
  return Math.abs(price * Math.exp(-RATE_PER_YEAR * time) - quote);
}

/** Shares of the option ticks by status, for the report; also checks that most have Greeks. */
export function optionShares(
  statuses: ReadonlyMap<number, number>,
  options: number,
  verifier: Verifier,
): { name: string; unit: string; value: number }[] {
  const ok = statuses.get(GREEKS_STATUS.OK) ?? 0;
  verifier.atLeast('share of the option ticks with Greeks', ok / options, OK_SHARE_MIN);
  return [...statuses]
    .filter(([status]) => status !== GREEKS_STATUS.NOT_AN_OPTION)
    .map(([status, count]) => ({
      name: `option ticks with status ${GREEKS_STATUS_NAMES[status] ?? status}`,
      unit: '%',
      value: (100 * count) / options,
    }));
}
