import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { toolOrSkip } from './required-tool.ts';

const START_ATTEMPTS = 5;
const RETRY_MS = 20;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Resolves with whether something listens on `port`. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A `redis-server` process of one test, which may be killed, restarted and frozen. */
export class TestRedis {
  readonly port: number;
  readonly #tool: string;
  readonly #options: readonly string[];
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(tool: string, port: number, options: readonly string[], folder: string) {
    this.#tool = tool;
    this.port = port;
    this.#options = options;
    this.#folder = folder;
  }

  /**
   * Starts a server on a free port that ends with the test; `options` as on its command line.
   * Undefined: there is no redis-server, the test is skipped (with CI=true it fails).
   */
  static start(t: TestContext, ...options: string[]): Promise<TestRedis | undefined> {
    return TestRedis.#start(t, '--port', options);
  }

  /** As `start`, with TLS in place of plain text. */
  static startTls(t: TestContext, ...options: string[]): Promise<TestRedis | undefined> {
    return TestRedis.#start(t, '--tls-port', ['--port', '0', ...options]);
  }

  static async #start(
    t: TestContext,
    portOption: string,
    options: readonly string[],
  ): Promise<TestRedis | undefined> {
    const tool = toolOrSkip(t, 'redis-server');
    if (tool === undefined) return undefined;
    const folder = mkdtempSync(join(tmpdir(), 'ticker-redis-'));
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const all = [portOption, String(port), ...options];
      const redis = new TestRedis(tool, port, all, folder);
      try {
        await redis.restart();
      } catch (error) {
        if (attempt < START_ATTEMPTS) continue;
        throw error;
      }
      t.after(async () => {
        await redis.kill();
        rmSync(folder, { recursive: true, force: true });
      });
      return redis;
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again on the same port, empty; resolves when it takes connections. */
  async restart(): Promise<void> {
    await this.kill();
    const fixed = ['--bind', '127.0.0.1', '--save', ''];
    const child = spawn(this.#tool, [...fixed, '--dir', this.#folder, ...this.#options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
    const orphan = (): void => void child.kill('SIGKILL');
    process.once('exit', orphan);
    child.once('exit', () => process.removeListener('exit', orphan));
    while (!(await answers(this.port))) {
      if (child.exitCode !== null) throw new Error(`redis-server ended: ${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Ends it without a goodbye; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }

  /** From now on it answers nothing, and its connections stay. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }
}

/**
 * URL of a Redis for tests that do it no harm: TICKER_REDIS_URL, else a server of the test. They
 * use keys of their own. Undefined as with `TestRedis.start`.
 */
export async function redisUrl(t: TestContext): Promise<string | undefined> {
  return process.env['TICKER_REDIS_URL'] ?? (await TestRedis.start(t))?.url;
}
