import { readdirSync } from 'node:fs';

/** Standard `process_*` metrics of the whole process, read when they are asked for. */
export interface ProcessMetric {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  /** Undefined: this platform does not say. */
  read(): number | undefined;
}

const US_PER_SECOND = 1_000_000;

function openFileDescriptors(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  // One of them is the directory that is being read.
  return readdirSync('/proc/self/fd').length - 1;
}

/** `startTimeSeconds`: when the process started, since the Unix epoch. */
export function processMetrics(startTimeSeconds: number): ProcessMetric[] {
  // Taken with the first of the three, so that the parts add up to the whole.
  let cpu = { user: 0, system: 0 };
  return [
    {
      name: 'process_cpu_seconds_total',
      type: 'counter',
      help: 'CPU time that the process has used, all threads.',
      read: () => {
        cpu = process.cpuUsage();
        return (cpu.user + cpu.system) / US_PER_SECOND;
      },
    },
    {
      name: 'process_cpu_user_seconds_total',
      type: 'counter',
      help: 'CPU time outside the kernel.',
      read: () => cpu.user / US_PER_SECOND,
    },
    {
      name: 'process_cpu_system_seconds_total',
      type: 'counter',
      help: 'CPU time inside the kernel.',
      read: () => cpu.system / US_PER_SECOND,
    },
    {
      name: 'process_resident_memory_bytes',
      type: 'gauge',
      help: 'Memory of the process that is in RAM.',
      read: () => process.memoryUsage.rss(),
    },
    {
      name: 'process_open_fds',
      type: 'gauge',
      help: 'Open file descriptors.',
      read: openFileDescriptors,
    },
    {
      name: 'process_start_time_seconds',
      type: 'gauge',
      help: 'Start of the process since the Unix epoch.',
      read: () => startTimeSeconds,
    },
  ];
}
