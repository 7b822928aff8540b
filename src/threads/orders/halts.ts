import { DEFAULT_KEY_LIMITS, type Principal, SCOPES } from '../../domain/access.ts';
import type { Clock } from '../../domain/clock.ts';
import { errorText } from '../../domain/error-codes.ts';
import { ALL_ACCOUNTS } from '../../domain/trading-state.ts';
import type { OrderSide } from '../../orders/order-side.ts';
import type { Logger } from '../../telemetry/logger.ts';

type Halting = Pick<OrderSide, 'halt' | 'tradingStates'>;

/** A halt file is told of every second; one that was not heard of for so long is gone. */
const FILE_GONE_MS = 2_500;

const SERVICE: Principal = {
  keyId: 'service',
  scopes: new Set(SCOPES),
  accounts: 'all',
  limits: DEFAULT_KEY_LIMITS,
};

/** Hands halts to the order side; one that comes before it waits for it. */
export class Halts {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #fileSeenMs = -Infinity;
  readonly #onHalted: () => void;
  #side: Halting | undefined;
  #waiting: { actor: string; reason: string } | undefined;
  #isHalting = false;

  /** `onHalted`: trading is halted, and stays so by itself. */
  constructor(logger: Logger, clock: Clock, onHalted: () => void) {
    this.#logger = logger;
    this.#clock = clock;
    this.#onHalted = onHalted;
  }

  /** The order side is there. */
  open(side: Halting): void {
    this.#side = side;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.take(waiting.actor, waiting.reason);
  }

  /** What keeps trading halted, whatever is asked for by HTTP; undefined: nothing does. */
  heldBy(): string | undefined {
    const isThere = this.#clock.monotonicMs() - this.#fileSeenMs < FILE_GONE_MS;
    return isThere ? 'a file HALT is in the data directory, or was a moment ago' : undefined;
  }

  take(actor: string, reason: string): void {
    if (actor === 'file') this.#fileSeenMs = this.#clock.monotonicMs();
    const side = this.#side;
    if (side === undefined) {
      this.#waiting = { actor, reason };
      return;
    }
    // A halt file is told of every second that it is there.
    if (this.#isHalting) return;
    if (isHalted(side)) {
      this.#onHalted();
      return;
    }
    this.#isHalting = true;
    this.#logger.warn({ actor, reason }, 'trading is being halted');
    side
      .halt(actor, reason)
      .then(this.#onHalted)
      .catch((error: unknown) => {
        this.#logger.error({ detail: errorText(error) }, 'the halt could not be completed');
      })
      .finally(() => {
        this.#isHalting = false;
      });
  }
}

function isHalted(side: Halting): boolean {
  return side
    .tradingStates(SERVICE)
    .some(({ account, state }) => account === ALL_ACCOUNTS && state === 'HALTED');
}
