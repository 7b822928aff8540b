import type { ManagedProcess, ProcessGroup } from '../harness/managed-process.ts';
import { AskedProcess } from './asked-process.ts';
import type { Contender } from './fanout-scenario.ts';
import type { Fed, FromHost, HostUsage, ToHost } from './host-messages.ts';

const START_MS = 60_000;
const ANSWER_MS = 20_000;
/** A feeder may be late; a server in whose thread it runs may be very late. */
const FEED_GRACE_MS = 30_000;

const SCRIPTS: Record<Contender, string> = {
  service: 'publish-host',
  ws: 'ws-host',
  'socket.io': 'socketio-host',
};

/** A server process of the fan-out bench, started and listening. */
export class FanoutHost {
  readonly process: ManagedProcess;
  readonly port: number;
  /** By place. */
  readonly tokens: readonly number[];
  readonly optionTokens: readonly number[];
  readonly #asked: AskedProcess<ToHost, FromHost>;

  private constructor(
    asked: AskedProcess<ToHost, FromHost>,
    listening: Extract<FromHost, { type: 'listening' }>,
  ) {
    this.#asked = asked;
    this.process = asked.process;
    this.port = listening.port;
    this.tokens = listening.tokens;
    this.optionTokens = listening.optionTokens;
  }

  static async start(
    processes: ProcessGroup,
    contender: Contender,
    options: { key: string; windowMs: number },
  ): Promise<FanoutHost> {
    const asked = new AskedProcess<ToHost, FromHost>(processes, SCRIPTS[contender], contender);
    const listening = await asked.ask({ type: 'start', ...options }, 'listening', START_MS);
    return new FanoutHost(asked, listening);
  }

  /** Resolves when the last tick has been written. */
  feed(rate: number, durationMs: number, periodMs: number): Promise<Fed> {
    const timeoutMs = durationMs + FEED_GRACE_MS;
    return this.#asked.ask({ type: 'feed', rate, durationMs, periodMs }, 'fed', timeoutMs);
  }

  usage(): Promise<HostUsage> {
    return this.#asked.ask({ type: 'usage' }, 'usage', ANSWER_MS);
  }
}
