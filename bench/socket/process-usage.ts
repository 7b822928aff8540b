import { readdirSync, readFileSync } from 'node:fs';

/** The unit of CPU times in /proc on every Linux that Node runs on. */
const CLOCK_TICKS_PER_S = 100;
const MS_PER_CLOCK_TICK = 1000 / CLOCK_TICKS_PER_S;
const NS_PER_MS = 1_000_000;

/** CPU time of a process so far, ms, all of it and by thread. */
export interface CpuReading {
  totalMs: number;
  byThreadMs: Map<string, number>;
  /** The part of it that the kernel spent for the thread. */
  systemByThreadMs: Map<string, number>;
}

/** Undefined where there is no /proc, or no such process any more. */
export function readCpu(pid: number): CpuReading | undefined {
  try {
    const byThreadMs = new Map<string, number>();
    const systemByThreadMs = new Map<string, number>();
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      const { systemMs } = cpuOf(stat);
      byThreadMs.set(thread, runMs(`/proc/${pid}/task/${thread}`));
      systemByThreadMs.set(thread, systemMs);
    }
    // Threads that have ended are in the sum only.
    const { userMs, systemMs } = cpuOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return { totalMs: userMs + systemMs, byThreadMs, systemByThreadMs };
  } catch {
    // Another system than Linux: the figures are left out, nothing else depends on them.
    return undefined;
  }
}

function cpuOf(stat: string): { userMs: number; systemMs: number } {
  // The name in parentheses may hold spaces; user and system time are the 12th and 13th after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    userMs: Number(fields[11]) * MS_PER_CLOCK_TICK,
    systemMs: Number(fields[12]) * MS_PER_CLOCK_TICK,
  };
}

/** CPU time of a thread; to the nanosecond, which `stat` tells to 10 ms only. */
function runMs(thread: string): number {
  const [runNs] = readFileSync(`${thread}/schedstat`, 'utf8').split(' ');
  return Number(runNs) / NS_PER_MS;
}

/** CPU time of the calling thread so far, us; 0 where there is no /proc. */
export function readThreadCpuUs(): number {
  try {
    return runMs('/proc/thread-self') * 1000;
  } catch {
    // Another system than Linux, as in `readCpu`.
    return 0;
  }
}

/** Resident memory of a process, MiB; undefined as in `readCpu`. */
export function readResidentMiB(pid: number): number | undefined {
  try {
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match === null ? undefined : Number(match[1]) / 1024;
  } catch {
    return undefined;
  }
}
