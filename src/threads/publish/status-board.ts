import { fileURLToPath } from 'node:url';
import type { Readiness, SystemStatus } from '../../http/routes/system.ts';
import { createMetrics, type Metrics } from '../../telemetry/metrics.ts';
import type { ServiceStatus, SharedBlocks } from '../messages.ts';
import { serviceVersion } from '../service-version.ts';
import { MeterReader } from './readings.ts';

/** Root of the built package: this file is dist/src/threads/publish/status-board.js. */
const PACKAGE_ROOT = new URL('../../../../', import.meta.url);

/** What the system routes answer: control's last status, the meters, the build. */
export class StatusBoard implements SystemStatus {
  readonly consoleDirectory = fileURLToPath(new URL('dist/console/', PACKAGE_ROOT));
  readonly #reader: MeterReader;
  readonly #refreshMeters: () => void;
  readonly #metrics: Metrics;
  readonly #version: Readonly<Record<string, string>>;
  #status: ServiceStatus | undefined;

  /** `refreshMeters` brings the thread's own meters up to date before they are read. */
  constructor(blocks: SharedBlocks, refreshMeters: () => void) {
    this.#reader = new MeterReader(blocks);
    this.#refreshMeters = refreshMeters;
    const version = serviceVersion();
    this.#version = {
      name: 'ticker-service',
      version,
      node: process.version,
      protocol: 'ticker.v1',
    };
    this.#metrics = createMetrics({
      build: { version, node: process.version },
      startTimeSeconds: Math.round(performance.timeOrigin / 1000),
    });
  }

  get metricsContentType(): string {
    return this.#metrics.contentType;
  }

  update(status: ServiceStatus): void {
    this.#status = status;
  }

  live(): boolean {
    // A thread that hangs cannot answer at all, and control ends a process with a hung thread.
    return true;
  }

  started(): boolean {
    return this.#status?.started ?? false;
  }

  ready(): Readiness {
    const unknown = { control: { ok: false, required: true, detail: 'no status yet' } };
    return { checks: this.#status?.checks ?? unknown };
  }

  version(): Readonly<Record<string, string>> {
    return this.#version;
  }

  metrics(): Promise<string> {
    this.#refreshMeters();
    return this.#metrics.render(this.#reader.read(this.#status));
  }
}
