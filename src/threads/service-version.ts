import { readFileSync } from 'node:fs';

const PACKAGE_NAME = 'ticker-service';
/** Folders between the package's root and this file, built or not, at most. */
const LEVELS_MAX = 5;

/** The version of this service, as its package says. */
export function serviceVersion(): string {
  for (let level = 1, path = './'; level <= LEVELS_MAX; level++, path += '../') {
    const { name, version } = manifestAt(new URL(`${path}package.json`, import.meta.url));
    if (name === PACKAGE_NAME && version !== undefined) return version;
  }
  return 'unknown';
}

function manifestAt(url: URL): { name?: string; version?: string } {
  try {
    return JSON.parse(readFileSync(url, 'utf8')) as { name?: string; version?: string };
  } catch {
    return {};
  }
}
