import { LatencyHistogram } from './latency-histogram.ts';

const TIMER_MS = 1;
/** Between two samples: the probe must not load what it observes. */
const REST_MS = 4;
const US_PER_MS = 1000;

export interface JitterReading {
  samples: number;
  /** Lateness of a 1 ms timer, us. */
  p50Us: number;
  p99Us: number;
  maxUs: number;
}

/**
 * Measures how late a 1 ms timer of this process comes, over and over, while benches run in other
 * processes: what no program on this machine could have been better than.
 */
export class JitterProbe {
  readonly #total = new LatencyHistogram();
  readonly #window = new LatencyHistogram();
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    const rest = (): void => {
      this.#timer = setTimeout(sample, REST_MS);
    };
    const sample = (): void => {
      const dueMs = performance.now() + TIMER_MS;
      this.#timer = setTimeout(() => {
        const lateUs = (performance.now() - dueMs) * US_PER_MS;
        this.#total.record(lateUs);
        this.#window.record(lateUs);
        rest();
      }, TIMER_MS);
    };
    rest();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  reading(): JitterReading {
    return readingOf(this.#total);
  }

  /** Since the last call of this method, or the start. */
  takeWindow(): JitterReading {
    const reading = readingOf(this.#window);
    this.#window.clear();
    return reading;
  }
}

function readingOf(histogram: LatencyHistogram): JitterReading {
  return {
    samples: histogram.count,
    p50Us: histogram.percentile(0.5),
    p99Us: histogram.percentile(0.99),
    maxUs: histogram.maxUs,
  };
}
