import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { project } from './project.ts';

/** Load average per core above which somebody else is using the machine. */
const BUSY_PER_CORE = 0.5;
const MEBIBYTE = 2 ** 20;
/** Packages that a figure depends on, beside our own code. */
const MEASURED_PACKAGES = [
  '@uqee/black-scholes',
  'black-scholes',
  'flatbuffers',
  'greeks',
  'implied-volatility',
  'kiteconnect',
  'option-pricing',
  'piscina',
  'socket.io',
  'tinybench',
  'uWebSockets.js',
  'ws',
];

/** Where and with what a report was made. */
export interface Host {
  cpuModel: string;
  cores: number;
  memoryMiB: number;
  platform: string;
  /** Over 1, 5 and 15 minutes, before the first bench. */
  loadAverage: number[];
  node: string;
  v8: string;
  version: string;
  packages: Record<string, string>;
  /** Short hash, with `-dirty` if files have changed since; undefined outside a checkout. */
  commit: string | undefined;
  /** Node options of this process, which its children inherit. */
  flags: string[];
}

export function readHost(): Host {
  return {
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMiB: Math.round(totalmem() / MEBIBYTE),
    platform: `${process.platform} ${process.arch}`,
    loadAverage: loadavg(),
    node: process.version,
    v8: process.versions.v8,
    version: project.manifest.version,
    packages: packageVersions(),
    commit: commitOf(project.root),
    flags: [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(' ').filter(Boolean)],
  };
}

/** What makes the figures of this run worthless, if anything. */
export function hostWarnings(host: Host): string[] {
  const warnings: string[] = [];
  const load = host.loadAverage[0] ?? 0;
  if (load > BUSY_PER_CORE * host.cores) {
    const cores = `${host.cores} ${host.cores === 1 ? 'core' : 'cores'}`;
    warnings.push(
      `the load average was ${load.toFixed(1)} on ${cores} before the start: ` +
        'other work shares the machine, so times and rates are void; ratios and checks are not',
    );
  }
  if (host.cores < 2) {
    warnings.push('with one core the processes of the socket bench take turns');
  }
  return warnings;
}

function packageVersions(): Record<string, string> {
  const { dependencies, devDependencies } = project.manifest;
  const all = { ...dependencies, ...devDependencies };
  return Object.fromEntries(MEASURED_PACKAGES.map((name) => [name, all[name] ?? 'none']));
}

function commitOf(directory: string): string | undefined {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const commit = git('rev-parse', '--short', 'HEAD');
    return git('status', '--porcelain', '--untracked-files=no') === '' ? commit : `${commit}-dirty`;
  } catch {
    // No git, or no checkout: a report without a commit is still a report.
    return undefined;
  }
}
