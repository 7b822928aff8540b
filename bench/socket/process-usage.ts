import { readdirSync, readFileSync } from 'node:fs';

/** The unit of CPU times in /proc on every Linux that Node runs on. */
const CLOCK_TICKS_PER_S = 100;
const MS_PER_CLOCK_TICK = 1000 / CLOCK_TICKS_PER_S;

/** CPU time of a process so far, ms, all of it and by thread. */
export interface CpuReading {
  totalMs: number;
  byThreadMs: Map<string, number>;
}

/** Undefined where there is no /proc, or no such process any more. */
export function readCpu(pid: number): CpuReading | undefined {
  try {
    const byThreadMs = new Map<string, number>();
    let totalMs = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      byThreadMs.set(thread, cpuOf(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
    }
    // Threads that have ended are in the sum only.
    totalMs = cpuOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return { totalMs, byThreadMs };
  } catch {
    // Another system than Linux: the figures are left out, nothing else depends on them.
    return undefined;
  }
}

function cpuOf(stat: string): number {
  // The name in parentheses may hold spaces; user and system time are the 12th and 13th after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_CLOCK_TICK;
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
