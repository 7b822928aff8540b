import type { LatencyHistogram } from '../harness/latency-histogram.ts';
import type { Clock } from '../../src/domain/clock.ts';
import { DrainSocket } from './drain-socket.ts';
import type { ClientCount, ClientPlan, SampleReport } from './receiver-messages.ts';
import { OPCODE } from './websocket-reader.ts';

/** What the clients of one process share. */
export interface ClientPorts {
  clock: Clock;
  /** Of the clients that read all that comes. */
  fromReceive: LatencyHistogram;
  optionTokens: ReadonlySet<number>;
}

export function zeroCount(): ClientCount {
  return {
    ticks: 0,
    merged: 0,
    snapshots: 0,
    repriced: 0,
    frames: 0,
    bytes: 0,
    malformed: 0,
    gaps: [],
    warnings: 0,
    lastTickUs: 0,
    ended: undefined,
  };
}

/** Where a dialect's server is asked for the upgrade. */
export interface UpgradeRequest {
  path: string;
  headers: readonly string[];
}

/** One client: subscribes, then counts. What and how depends on what the server speaks. */
export abstract class DrainClient {
  /** Resolves when it is subscribed; rejects if it is refused. */
  readonly subscribed: Promise<void>;
  readonly socket: DrainSocket;
  count = zeroCount();
  protected readonly plan: ClientPlan;
  protected readonly ports: ClientPorts;
  protected resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #bytesAtBegin = 0;
  #ended: string | undefined;

  constructor(plan: ClientPlan, ports: ClientPorts, request: UpgradeRequest) {
    this.plan = plan;
    this.ports = ports;
    this.subscribed = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.#reject = reject;
    });
    this.socket = new DrainSocket({
      ...request,
      host: plan.host,
      port: plan.port,
      mayBeSlow: plan.mayBeSlow,
      onOpen: () => this.onOpen(),
      onEnd: (reason) => this.fail(reason),
      onMessage: (opcode, bytes, view, start, length) => {
        if (opcode === OPCODE.BINARY) this.onBinary(bytes, view, start, length);
        else this.onText(bytes, start, length);
      },
    });
  }

  begin(): void {
    this.count = zeroCount();
    this.#bytesAtBegin = this.socket.bytesRead;
  }

  /** What was counted since `begin`. */
  report(): ClientCount {
    const bytes = this.socket.bytesRead - this.#bytesAtBegin;
    return { ...this.count, bytes, ended: this.#ended };
  }

  /** Undefined: it does not check every tick. */
  abstract sample(): Omit<SampleReport, 'client'> | undefined;

  /** It reads nothing, so it says nothing either. */
  get isFrozen(): boolean {
    return this.socket.pace === 'frozen';
  }

  /** Once a second. */
  second(): void {
    // Only where a protocol asks for something.
  }

  protected abstract onOpen(): void;

  protected abstract onText(bytes: Buffer, start: number, length: number): void;

  protected onBinary(_bytes: Buffer, _view: DataView, _start: number, _length: number): void {
    this.count.malformed++;
  }

  protected fail(reason: string): void {
    this.#ended ??= reason;
    this.#reject(new Error(reason));
  }
}
