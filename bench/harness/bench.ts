import type { JitterProbe } from './jitter.ts';
import type { ProcessGroup } from './managed-process.ts';
import type { RunReport } from './result.ts';

export interface RunOptions {
  /** The smallest size that still exercises and verifies everything. */
  smoke: boolean;
}

interface Common {
  name: string;
  title: string;
}

/** Runs in a process of its own, several times. */
export interface IsolatedBench extends Common {
  kind: 'isolated';
  load(): Promise<(options: RunOptions) => Promise<RunReport>>;
}

export interface HostContext extends RunOptions {
  processes: ProcessGroup;
  jitter: JitterProbe;
  /** Tells the user what is going on. */
  progress(text: string): void;
}

/** Starts processes itself and repeats its own runs. */
export interface HostedBench extends Common {
  kind: 'hosted';
  load(): Promise<(context: HostContext) => Promise<RunReport[]>>;
}

export type BenchDefinition = IsolatedBench | HostedBench;
