import type { WriteStream } from 'node:tty';
import { OptionChainView } from '../client/chain.ts';
import type { ClientState, TickerClient, TickObject } from '../client/client.ts';
import { createNodeClient } from '../client/node-socket.ts';
import { createSystemClock, type Clock } from '../domain/clock.ts';
import { TickerError } from '../domain/error-codes.ts';
import { renderChain, type ChainPicture } from './chain-view.ts';
import { WatchScreen } from './watch-screen.ts';

export interface WatchOptions {
  /** `ws://host:port/ws/ticks` */
  url: string;
  /** API key. */
  token: string;
  underlying: string;
  /** IST day; left out: the nearest. */
  expiry?: string;
  /** Strikes on each side of the money. */
  strikes: number;
  out: WriteStream;
  /** Every tick as a line of JSON instead of a picture. */
  json: boolean;
  /** Once every contract has a value, print and end; always so where `out` is no terminal. */
  once?: boolean;
  clock?: Clock;
}

const REDRAW_MS = 100;
const SECOND_MS = 1000;
/** With `once`: how long to wait for contracts that have no value yet. */
const SETTLE_MS = 3000;
/** Columns of a plain table: all columns fit. */
const PLAIN_COLUMNS = 200;
/** Unread output at which a reader that does not keep up is given up. */
const OUTPUT_MAX_BYTES = 16 * 1024 * 1024;

/**
 * Shows the option chain until `signal` is aborted or the reader of `out` has gone. Rejects with
 * SERVICE_UNREACHABLE if there is no service to begin with, with the service's error if it refuses;
 * a connection that is lost later is made again.
 */
export async function runWatch(options: WatchOptions, signal: AbortSignal): Promise<void> {
  const clock = options.clock ?? createSystemClock();
  const client = createNodeClient({ url: options.url, token: options.token, clock });
  const end = endOf(client, options.out, signal);
  try {
    await Promise.race([new Watch(client, options, clock).run(end), end]);
  } finally {
    client.close();
  }
}

/** Resolves when nobody wants more; rejects when nothing more can come. */
function endOf(client: TickerClient, out: WriteStream, signal: AbortSignal): Promise<void> {
  const end = new Promise<void>((resolve, reject) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
    out.on('error', (error: NodeJS.ErrnoException) => {
      // `ticker watch ... | head` is over when head is.
      if (error.code === 'EPIPE') resolve();
      else reject(error);
    });
    client.on('error', (error) => {
      if (client.state === 'closed') reject(error);
    });
  });
  // Where nobody waits for it any more, its failure is the client's, which is reported elsewhere.
  end.catch(() => undefined);
  return end;
}

/** Like `client.connect()`, but the first attempt must succeed. */
function connectAtOnce(client: TickerClient, url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const stopListening = client.on('close', ({ reason, reconnectInMs }) => {
      if (reconnectInMs === undefined) return;
      const why = reason === '' ? '' : `: ${reason}`;
      reject(new TickerError('SERVICE_UNREACHABLE', `no service answers at ${url}${why}`));
    });
    client.connect().finally(stopListening).then(resolve, reject);
  });
}

class Watch {
  readonly #client: TickerClient;
  readonly #options: WatchOptions;
  readonly #clock: Clock;
  readonly #view: OptionChainView;
  readonly #moves = new Map<number, { price: number; move: number }>();
  #isDirty = true;
  #ticksPerSecond: number | undefined;
  #onChange: () => void = () => undefined;

  constructor(client: TickerClient, options: WatchOptions, clock: Clock) {
    this.#client = client;
    this.#options = options;
    this.#clock = clock;
    const { underlying, expiry, strikes } = options;
    const request = { underlying, strikes, ...(expiry === undefined ? {} : { expiry }) };
    const changed = (): void => {
      this.#isDirty = true;
      this.#onChange();
    };
    this.#view = new OptionChainView(client, request, {
      rows: changed,
      spot: changed,
      leg: (row, side) => {
        this.#follow(row[side]?.tick);
        changed();
      },
    });
  }

  /** Ends by itself only with `once`; otherwise `end` says when. */
  async run(end: Promise<void>): Promise<void> {
    const { out, json, url } = this.#options;
    const once = this.#options.once === true || (!json && !out.isTTY);
    await connectAtOnce(this.#client, url);
    if (json && !once) await this.#printTicks(end);
    else if (once) await this.#printOnce(json);
    else await this.#show(end);
  }

  async #printTicks(end: Promise<void>): Promise<void> {
    const { out } = this.#options;
    const tooSlow = new Promise<never>((_resolve, reject) => {
      this.#client.on('tick', (tick) => {
        out.write(`${JSON.stringify(tick)}\n`);
        if (out.writableLength < OUTPUT_MAX_BYTES) return;
        reject(new TickerError('TOO_SLOW', 'the reader of the output does not keep up'));
      });
    });
    await Promise.race([tooSlow, this.#view.open().then(() => end)]);
  }

  async #printOnce(json: boolean): Promise<void> {
    const { out } = this.#options;
    await this.#view.open();
    if (!this.#view.isComplete) {
      await new Promise<void>((resolve) => {
        this.#onChange = () => {
          if (this.#view.isComplete) resolve();
        };
        this.#clock.setTimeout(resolve, SETTLE_MS).unref();
      });
    }
    const lines = json
      ? this.#newestTicks().map((tick) => JSON.stringify(tick))
      : renderChain(this.#picture(), {
          widthColumns: out.isTTY ? out.columns : PLAIN_COLUMNS,
          heightLines: Infinity,
          colour: out.isTTY && out.hasColors(),
        });
    await new Promise((resolve) => out.write(`${lines.join('\n')}\n`, resolve));
  }

  async #show(end: Promise<void>): Promise<void> {
    const screen = new WatchScreen(this.#options.out);
    const { out } = this.#options;
    const redraw = (): void => {
      this.#isDirty = true;
    };
    const timers = [
      this.#clock.setInterval(() => this.#drawIfDirty(screen), REDRAW_MS),
      this.#clock.setInterval(this.#countTicks(), SECOND_MS),
    ];
    this.#client.on('state', redraw);
    out.on('resize', redraw);
    screen.enter();
    try {
      await this.#view.open();
      await end;
    } finally {
      for (const timer of timers) timer.cancel();
      out.off('resize', redraw);
      screen.leave();
    }
  }

  #drawIfDirty(screen: WatchScreen): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const { out } = this.#options;
    const { columns: widthColumns, rows: heightLines } = out;
    const colour = out.hasColors();
    screen.draw(renderChain(this.#picture(), { widthColumns, heightLines, colour }));
  }

  #countTicks(): () => void {
    let before = this.#client.statistics.ticks;
    return () => {
      const { ticks } = this.#client.statistics;
      this.#ticksPerSecond = ticks - before;
      before = ticks;
      this.#isDirty = true;
    };
  }

  #follow(tick: TickObject | undefined): void {
    if (tick === undefined || tick.last_price === null) return;
    const before = this.#moves.get(tick.instrument_token)?.price ?? tick.last_price;
    const move = Math.sign(tick.last_price - before);
    this.#moves.set(tick.instrument_token, { price: tick.last_price, move });
  }

  #newestTicks(): TickObject[] {
    const { rows, spot } = this.#view;
    const legs = rows.flatMap(({ call, put }) => [call?.tick, put?.tick]);
    return [spot, ...legs].filter((tick) => tick !== undefined);
  }

  #picture(): ChainPicture {
    const view = this.#view;
    return {
      underlying: view.underlying,
      expiry: view.expiry,
      spot: view.spot?.last_price ?? undefined,
      change: view.spot?.change ?? undefined,
      forward: view.forward,
      atmStrike: view.atmStrike,
      rows: view.rows,
      isSimulated: view.isSimulated,
      trouble: troubleOf(this.#client.state),
      ticksPerSecond: this.#ticksPerSecond,
      moveOf: (token) => this.#moves.get(token)?.move ?? 0,
    };
  }
}

function troubleOf(state: ClientState): string | undefined {
  if (state === 'open') return undefined;
  return state === 'waiting' ? 'connection lost, trying again' : 'connecting';
}
