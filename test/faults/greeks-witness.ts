import { GREEKS_STATUS } from '../../src/domain/status.ts';
import type { HeardGreeks, HeardTick } from './heard-ticks.ts';

const IV_MAX = 50;
const STATUS_MAX = Math.max(...Object.values(GREEKS_STATUS));

/**
 * What all clients of a run have heard of Greeks: impossible values, and two different ones for the
 * same tick, which a section that was read while it was written would give.
 */
export class GreeksWitness {
  readonly #heard = new Map<string, HeardGreeks>();

  /**
   * What is wrong with a tick's Greeks. `mayBeOthers`: of a repriced record or a snapshot they may
   * be newer or older than the tick's own.
   */
  problem(epoch: string, tick: HeardTick, mayBeOthers: boolean): string | undefined {
    const { greeks } = tick;
    if (greeks === undefined) return undefined;
    const { status, iv, delta, vega } = greeks;
    if (!(status > GREEKS_STATUS.UNSET && status <= STATUS_MAX)) return `Greeks status ${status}`;
    if (status !== GREEKS_STATUS.OK) {
      const hasValues = iv !== undefined || delta !== undefined;
      return hasValues ? `Greeks of status ${status} have values` : undefined;
    }
    if (iv === undefined || delta === undefined || vega === undefined) return 'OK without values';
    const isPossible = iv > 0 && iv < IV_MAX && Math.abs(delta) <= 1 && vega >= 0;
    if (!isPossible) return `Greeks iv ${iv}, delta ${delta}, vega ${vega}`;
    if (mayBeOthers) return undefined;
    if (greeks.sequence !== undefined && greeks.sequence !== tick.sequence) {
      return `Greeks of the tick at ${greeks.sequence}`;
    }
    return this.#differs(`${epoch} ${tick.sequence}`, greeks);
  }

  #differs(key: string, greeks: HeardGreeks): string | undefined {
    const before = this.#heard.get(key);
    if (before === undefined) {
      this.#heard.set(key, greeks);
      return undefined;
    }
    const same = (['iv', 'delta', 'vega'] as const).every((name) => before[name] === greeks[name]);
    return same ? undefined : `Greeks differ from those of another client`;
  }
}
