import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a running PostgreSQL writes of itself into its data folder. */
export interface PostmasterFile {
  pid: number;
  port: number;
  /** It takes connections. */
  isReady: boolean;
}

/* Lines of the file, counted from 0. */
const PID_LINE = 0;
const PORT_LINE = 3;
const STATUS_LINE = 7;

/** The file in `dataFolder`; undefined: there is none, or none that is whole yet. */
export function readPostmasterFile(dataFolder: string): PostmasterFile | undefined {
  let lines: string[];
  try {
    lines = readFileSync(postmasterFilePath(dataFolder), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const pid = Number(lines[PID_LINE]);
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
  const status = lines[STATUS_LINE]?.trim();
  return { pid, port: Number(lines[PORT_LINE]), isReady: status === 'ready' };
}

export function postmasterFilePath(dataFolder: string): string {
  return join(dataFolder, 'postmaster.pid');
}

/**
 * True if process `pid` is the PostgreSQL of `dataFolder`: after a crash its number may have gone
 * to another process.
 */
export function isPostmaster(pid: number, dataFolder: string): boolean {
  try {
    if (process.platform === 'linux') {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0-D\0${dataFolder}\0`);
    }
    const command = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes(` -D ${dataFolder} `);
  } catch {
    // There is no such process.
    return false;
  }
}
