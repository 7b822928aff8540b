import type { AccountReadiness } from '../../orders/account-gate.ts';
import type { Readiness, SystemStatus } from '../../http/routes/system.ts';
import type { ThreadMeters } from '../../shm/meters.ts';
import { createMetricsOf, type Metrics } from '../../telemetry/metrics.ts';
import { ORDER_METRICS } from '../../telemetry/order-metric-table.ts';
import type { HealthCheck, ServiceStatus } from '../messages.ts';
import { serviceVersion } from '../service-version.ts';
import { orderReadings } from './order-readings.ts';
import type { OrdersNow } from './orders-now.ts';

/** What the system routes of the orders port answer. */
export class OrderBoard implements SystemStatus {
  readonly #now: () => OrdersNow;
  readonly #meters: ThreadMeters;
  readonly #version: Readonly<Record<string, string>>;
  readonly #metrics: Metrics<typeof ORDER_METRICS>;
  #status: ServiceStatus | undefined;

  constructor(meters: ThreadMeters, now: () => OrdersNow) {
    this.#meters = meters;
    this.#now = now;
    const version = serviceVersion();
    this.#version = { name: 'ticker-service-orders', version, node: process.version };
    this.#metrics = createMetricsOf(ORDER_METRICS, {
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
    return this.#now().accounts !== undefined;
  }

  /** Callers come for orders: they must be taken for at least one account. */
  ready(): Readiness {
    const { accounts, feedProblem } = this.#now();
    const checks: Record<string, HealthCheck> = {};
    const { instruments, database } = this.#status?.checks ?? {};
    if (instruments !== undefined) checks['instruments'] = { ...instruments, required: true };
    if (database !== undefined) checks['database'] = { ...database, required: true };
    checks['orders'] = { ...ordersCheck(accounts), required: true };
    for (const { account, ok, detail } of accounts ?? []) {
      checks[`account ${account}`] = { ok, required: false, detail };
    }
    const prices = { ok: feedProblem === undefined, required: false };
    checks['market'] = feedProblem === undefined ? prices : { ...prices, detail: feedProblem };
    return { checks };
  }

  /** For the market side, which does without orders. */
  check(): HealthCheck {
    const { accounts } = this.#now();
    const missing = accounts?.filter(({ ok }) => !ok) ?? [];
    const check = { ...ordersCheck(accounts), required: false };
    // Who trades with no account misses nothing.
    if (accounts?.length === 0) return { ...check, ok: true };
    if (missing.length === 0) return check;
    const detail = missing.map((each) => `${each.account}: ${each.detail}`).join('; ');
    return { ok: false, required: false, detail };
  }

  version(): Readonly<Record<string, string>> {
    return this.#version;
  }

  metrics(): Promise<string> {
    return this.#metrics.render(orderReadings(this.#meters, this.#now()));
  }
}

function ordersCheck(accounts: readonly AccountReadiness[] | undefined): {
  ok: boolean;
  detail: string;
} {
  if (accounts === undefined) {
    return { ok: false, detail: 'accounts and database are not known yet' };
  }
  if (accounts.length === 0) return { ok: false, detail: 'no account is set up for trading' };
  const ready = accounts.filter(({ ok }) => ok).length;
  return { ok: ready > 0, detail: `${ready} of ${accounts.length} accounts take orders` };
}
