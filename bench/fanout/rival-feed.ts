import { createSystemClock } from '../../src/domain/clock.ts';
import { TICK_SLOT_BYTES } from '../../src/shm/layout/tick-slot.ts';
import type { TickObject } from '../../src/wire/messages.ts';
import { tickObject } from '../../src/wire/tick-object.ts';
import { type FanoutMarket, optionTokensOf, placeAt, prepareMarket } from './fanout-market.ts';
import type { FromHost, ToHost } from './host-messages.ts';
import { TickPace } from './tick-pace.ts';

/** Between two rounds of a server that does not batch: the finest that timers have. */
const SHORTEST_ROUND_MS = 1;
const PRICE_STEPS = 200;

/** A server of the fan-out bench that is not ours. */
export interface RivalServer {
  /** Resolves with its port. */
  listen(): Promise<number>;
  /** A tick of the instrument `token`; `tick` is the server's own from now on. */
  take(token: number, tick: TickObject): void;
  /** The round is over: what was taken goes out now. */
  flush(): void;
}

/**
 * Runs a rival's process: ready objects of the same ticks, in the same order, at the asked rate,
 * in the server's own thread. No ring, no parser and no hand-over between threads: less work than
 * the service has.
 */
export class RivalFeed {
  readonly #clock = createSystemClock();
  readonly #server: RivalServer;
  readonly #objects: TickObject[] = [];
  readonly #tokens: number[] = [];
  #windowMs = 0;
  #position = 0;

  constructor(server: RivalServer) {
    this.#server = server;
    process.on('message', (message: ToHost) => {
      void this.#onMessage(message);
    });
    // Without its parent a host has no purpose.
    process.on('disconnect', () => process.exit(0));
  }

  async #onMessage(message: ToHost): Promise<void> {
    switch (message.type) {
      case 'start': {
        const market = await prepareMarket();
        this.#windowMs = message.windowMs;
        this.#takeMarket(market);
        const port = await this.#server.listen();
        const optionTokens = optionTokensOf(market.instruments);
        tell({ type: 'listening', port, tokens: this.#tokens, optionTokens });
        return;
      }
      case 'feed':
        this.#feed(message);
        return;
      case 'usage': {
        const { user, system } = process.cpuUsage();
        const residentBytes = process.memoryUsage.rss();
        tell({ type: 'usage', cpuUs: user + system, feederCpuUs: 0, residentBytes });
      }
    }
  }

  #takeMarket({ instruments, ticks }: FanoutMarket): void {
    const { u8 } = ticks;
    const view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
    instruments.forEach(({ token }, place) => {
      this.#tokens.push(token);
      const tick = tickObject(view, place * TICK_SLOT_BYTES, 'tick');
      this.#objects.push({ ...tick, instrument_sequence: 0 });
    });
  }

  #feed({ rate, durationMs }: Extract<ToHost, { type: 'feed' }>): void {
    const from = this.#position;
    const startedUs = this.#clock.nowUs();
    const pace = new TickPace(rate, this.#clock.monotonicMs(), durationMs);
    const timer = this.#clock.setInterval(
      () => {
        this.#write(pace.due(this.#clock.monotonicMs()));
        if (!pace.isOver) return;
        timer.cancel();
        const { skipped } = pace;
        tell({ type: 'fed', from, to: this.#position, startedUs, skipped });
      },
      Math.max(SHORTEST_ROUND_MS, this.#windowMs),
    );
  }

  #write(count: number): void {
    const nowUs = this.#clock.nowUs();
    for (let left = count; left > 0; left--) {
      const place = placeAt(++this.#position);
      const object = this.#objects[place];
      const token = this.#tokens[place];
      if (object === undefined || token === undefined) continue;
      const sequence = ++object.instrument_sequence;
      this.#server.take(token, {
        ...object,
        sequence: this.#position,
        receive_time: nowUs,
        last_price: (object.last_price ?? 0) + (sequence % PRICE_STEPS) / 100,
        volume_traded: (object.volume_traded ?? 0) + sequence,
      });
      // Without a window every tick is a message of its own.
      if (this.#windowMs === 0) this.#server.flush();
    }
    this.#server.flush();
  }
}

function tell(message: FromHost): void {
  process.send?.(message);
}
