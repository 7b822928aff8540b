import type { Calendar } from '../../domain/calendar.ts';
import type { Clock } from '../../domain/clock.ts';
import type { SessionStateMessage } from '../../wire/messages.ts';

/** What the calendar knows the hours of. */
const SEGMENTS = ['NFO', 'BFO'] as const;

/** Whether the exchanges trade, as clients are told. A simulator's market is always open. */
export class MarketSession {
  readonly #calendar: Calendar;
  readonly #clock: Clock;
  #isSimulated = false;
  #isOpen: boolean;

  constructor(calendar: Calendar, clock: Clock) {
    this.#calendar = calendar;
    this.#clock = clock;
    this.#isOpen = this.#look();
  }

  /** Whether the ticks come from a simulator. */
  set isSimulated(isSimulated: boolean) {
    this.#isSimulated = isSimulated;
  }

  /** What a new client is told, as of the last look. */
  get states(): SessionStateMessage[] {
    const state = this.#isOpen ? 'open' : 'closed';
    return SEGMENTS.map((segment) => ({ type: 'session_state', segment, state }));
  }

  /** Looks again; returns what has changed. */
  changes(): SessionStateMessage[] {
    const isOpen = this.#look();
    if (isOpen === this.#isOpen) return [];
    this.#isOpen = isOpen;
    return this.states;
  }

  #look(): boolean {
    return this.#isSimulated || this.#calendar.isTradingTime(this.#clock.nowUs() / 1000);
  }
}
