import type { HealthCheck, ServiceStatus, UpstreamSocket } from '../messages.ts';

/** What the service knows of itself. */
export class Health {
  /** Set once the instruments are loaded. */
  instruments = 0;
  instrumentsDetail = 'the instrument dump has not been loaded yet';
  upstream: UpstreamSocket[] = [];
  /** Ticks received since the start. */
  ticks = 0;
  started = false;
  greeksWorkers = 0;
  /** Parts that ticks do without: the database and what stands on it. */
  storage: Readonly<Record<string, HealthCheck>> = {};

  status(): ServiceStatus {
    const open = this.upstream.filter(({ state }) => state === 'OPEN').length;
    return {
      started: this.started,
      greeksWorkers: this.greeksWorkers,
      upstream: this.upstream,
      checks: {
        instruments:
          this.instruments > 0
            ? { ok: true, required: true, detail: `${this.instruments} instruments` }
            : { ok: false, required: true, detail: this.instrumentsDetail },
        upstream:
          open > 0
            ? {
                ok: true,
                required: true,
                detail: `${open} of ${this.upstream.length} broker sockets open`,
              }
            : { ok: false, required: true, detail: this.#upstreamDetail() },
        ticks:
          this.ticks > 0
            ? { ok: true, required: true }
            : { ok: false, required: true, detail: 'no tick has been received since the start' },
        ...this.storage,
      },
    };
  }

  #upstreamDetail(): string {
    if (this.upstream.length === 0) return 'no broker socket has been opened yet';
    return this.upstream
      .map(({ account, index, state, failure }) => {
        const why = failure === null ? '' : ` (${failure.code}: ${failure.detail})`;
        return `${account}/${index} ${state}${why}`;
      })
      .join('; ');
  }
}
