import { type ChildProcess, fork, spawn } from 'node:child_process';

/** How a process ended. */
export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface StartOptions {
  /** For error messages. */
  name: string;
  args: readonly string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/** A process did not do what it was started for; the message is all there is to know. */
export class ProcessError extends Error {}

const KEPT_OUTPUT_CHARACTERS = 4000;

/** A Node process that a bench has started: its output, its messages and its end. */
export class ManagedProcess {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<ProcessEnd>;
  end: ProcessEnd | undefined;
  #stdout = '';
  #stderr = '';
  readonly #onOutput = new Set<() => void>();

  constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout = tail(this.#stdout + text);
      for (const look of this.#onOutput) look();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = tail(this.#stderr + text);
    });
    this.ended = new Promise((resolve) => {
      const onEnd = (end: ProcessEnd): void => {
        this.end ??= end;
        resolve(this.end);
      };
      // Not `exit`: the last messages and lines may come after that.
      child.once('close', (code, signal) => onEnd({ code, signal }));
      child.once('error', () => onEnd({ code: null, signal: null }));
    });
  }

  /** Process id; 0 if it could not be started. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Last lines of standard error. */
  get errorOutput(): string {
    return this.#stderr.trimEnd();
  }

  /** The first line of standard output that matches. Rejects if the process ends or is too slow. */
  async line(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    let look: () => void = () => undefined;
    const found = new Promise<RegExpExecArray>((resolve) => {
      look = () => {
        const match = pattern.exec(this.#stdout);
        if (match !== null) resolve(match);
      };
      this.#onOutput.add(look);
      look();
    });
    try {
      return await this.before(found, timeoutMs, `printed no line ${pattern.source}`);
    } finally {
      this.#onOutput.delete(look);
    }
  }

  /**
   * `promise`, unless the process ends or `timeoutMs` pass first: `failure` then says what it did.
   */
  async before<Value>(promise: Promise<Value>, timeoutMs: number, failure: string): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(this.error(`${failure} within ${timeoutMs} ms`));
      }, timeoutMs);
    });
    const gone = this.ended.then(({ code, signal }) => {
      throw this.error(`ended (${signal ?? `exit code ${code}`}) and ${failure}`);
    });
    try {
      return await Promise.race([promise, late, gone]);
    } finally {
      clearTimeout(timer);
      gone.catch(() => undefined);
    }
  }

  /** An error about this process, with what it said last. */
  error(what: string): ProcessError {
    const said = this.errorOutput === '' ? '' : `; it said:\n${this.errorOutput}`;
    return new ProcessError(`${this.name} ${what}${said}`);
  }
}

function tail(text: string): string {
  return text.slice(-KEPT_OUTPUT_CHARACTERS);
}

/** Every process that the benches have started, so that none outlives this one. */
export class ProcessGroup {
  readonly #running = new Set<ManagedProcess>();
  #isClosed = false;

  constructor() {
    // The last resort, when there is no time left for an orderly end.
    process.on('exit', () => {
      for (const { child } of this.#running) child.kill('SIGKILL');
    });
  }

  /** Starts a Node program that talks on its standard output. */
  start(script: string, { name, args, cwd, env }: StartOptions): ManagedProcess {
    this.#refuseIfClosed(name);
    const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd,
      env,
    });
    return this.#add(new ManagedProcess(name, child));
  }

  /** Starts a Node program that talks in messages; typed arrays stay typed arrays. */
  fork(script: string, { name, args, cwd, env }: StartOptions): ManagedProcess {
    this.#refuseIfClosed(name);
    const child = fork(script, args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      cwd,
      env,
    });
    return this.#add(new ManagedProcess(name, child));
  }

  /** Ends processes in order, politely, then not. */
  async end(processes: readonly ManagedProcess[], graceMs = 3000): Promise<void> {
    await Promise.all(
      processes.map(async (managed) => {
        if (managed.end !== undefined) return;
        managed.child.kill('SIGTERM');
        const timer = setTimeout(() => managed.child.kill('SIGKILL'), graceMs);
        await managed.ended;
        clearTimeout(timer);
      }),
    );
  }

  /** Ends all of them; from now on none is started. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.end([...this.#running]);
  }

  #refuseIfClosed(name: string): void {
    if (this.#isClosed) throw new ProcessError(`${name} is not started any more`);
  }

  #add(managed: ManagedProcess): ManagedProcess {
    this.#running.add(managed);
    void managed.ended.then(() => this.#running.delete(managed));
    return managed;
  }
}
