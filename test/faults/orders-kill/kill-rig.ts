import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ManagedProcess, ProcessGroup } from '../../../bench/harness/managed-process.ts';
import type { SimulatorFault } from '../../../src/feed/sim/fault-script.ts';
import type { OrdersLedger } from '../../../src/feed/sim/orders/orders-ledger.ts';
import { isPostmaster, readPostmasterFile } from '../../../src/storage/embedded/postmaster-file.ts';
import { repositoryRoot } from '../../support/repository-root.ts';

const MAIN = join(repositoryRoot, 'dist', 'src', 'main.js');
/** Waiting for a quiet two minutes takes seconds. */
const CLOCK_SPEED = 10;
const START_MS = 60_000;
const READY_MS = 60_000;
const LOOK_AGAIN_MS = 50;
const ACCOUNTS = ['SIM001', 'SIM002'] as const;

/** A simulator, and a service on its own data folder that is killed and started again. */
export class KillRig {
  readonly accounts: readonly string[] = ACCOUNTS;
  readonly #processes = new ProcessGroup();
  readonly #folder = mkdtempSync(join(tmpdir(), 'ticker-kill-'));
  readonly #clock = `${CLOCK_SPEED}@${Date.now()}`;
  #simulator: ManagedProcess | undefined;
  #simulatorUrl = '';
  #service: ManagedProcess | undefined;
  ordersUrl = '';
  apiKey = '';
  /** Of the service as it is now; rises with every start. */
  starts = 0;

  get isUp(): boolean {
    return this.#service !== undefined;
  }

  async open(): Promise<void> {
    const args = ['sim', '--port', '0', '--accounts', '2', '--instruments', '60', '--rate', '20'];
    this.#simulator = this.#processes.start(MAIN, this.#options('simulator', args));
    const [, rest = '', ws = ''] = await this.#simulator.line(
      /ready rest=(\S+) ws=(\S+)/,
      START_MS,
    );
    this.#simulatorUrl = rest;
    const accounts = ACCOUNTS.map((id, index) => ({
      id,
      api_key: `sim-key-${index + 1}`,
      api_secret: `sim-secret-${index + 1}`,
      access_token: `sim-token-${index + 1}`,
      market_data: index === 0,
      trading: true,
      rest_url: rest,
      ws_url: ws,
    }));
    writeFileSync(this.#accountsFile, JSON.stringify(accounts), { mode: 0o600 });
  }

  /** Starts the service; resolves when all accounts take orders. */
  async start(): Promise<void> {
    const service = this.#processes.start(MAIN, this.#options('service', ['serve']));
    const [, orders = ''] = await service.line(/ready market=\S+ orders=(\S+)/, START_MS);
    this.ordersUrl = orders;
    this.apiKey = readFileSync(join(this.#folder, 'data', 'api-key'), 'utf8').trim();
    await service.before(this.#ordersReady(), READY_MS, 'did not take orders');
    this.#service = service;
    this.starts++;
  }

  /** Kills the service, as a power cut would end it. */
  async kill(): Promise<void> {
    const service = this.#service;
    this.#service = undefined;
    service?.child.kill('SIGKILL');
    await service?.ended;
  }

  async schedule(script: readonly SimulatorFault[]): Promise<void> {
    const body = JSON.stringify(script);
    const answer = await fetch(`${this.#simulatorUrl}/sim/faults`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`the simulator refuses the faults: ${await answer.text()}`);
  }

  async ledger(): Promise<OrdersLedger> {
    const answer = await fetch(`${this.#simulatorUrl}/sim/orders-ledger`);
    return (await answer.json()) as OrdersLedger;
  }

  /** A request to the orders port. Rejects when the service dies before it has answered. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${this.ordersUrl}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.apiKey}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  }

  /** The whole audit record, checked by the service's own command. Returns what it said. */
  async verifyAudit(): Promise<{ code: number | null; text: string }> {
    const verify = this.#processes.start(MAIN, this.#options('audit', ['audit', 'verify']));
    const { code } = await verify.ended;
    return { code, text: verify.errorOutput };
  }

  async close(): Promise<void> {
    await this.#processes.close();
    const files = join(this.#folder, 'data', 'postgres', 'data');
    const file = readPostmasterFile(files);
    if (file !== undefined && isPostmaster(file.pid, files)) process.kill(file.pid, 'SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #ordersReady(): Promise<void> {
    for (;;) {
      const answer = await fetch(`${this.ordersUrl}/readyz`).catch(() => undefined);
      if (answer?.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  get #accountsFile(): string {
    return join(this.#folder, 'accounts.json');
  }

  #options(name: string, args: string[]) {
    const own = Object.entries(process.env).filter(
      ([key]) => !key.startsWith('TICKER_') || key === 'TICKER_DATABASE_URL',
    );
    const env = {
      ...Object.fromEntries(own),
      TICKER_DATA_DIR: join(this.#folder, 'data'),
      TICKER_ACCOUNTS_FILE: this.#accountsFile,
      TICKER_MARKET_PORT: '0',
      TICKER_ORDERS_PORT: '0',
      TICKER_CLOCK_SPEED: this.#clock,
      TICKER_LOG_LEVEL: 'error',
    };
    return { name, args, cwd: repositoryRoot, env };
  }
}
