import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PackageManifest {
  name: string;
  version: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

interface Project {
  /** Folder of package.json. */
  root: string;
  manifest: PackageManifest;
}

function findProject(): Project {
  let root = dirname(fileURLToPath(import.meta.url));
  while (root !== dirname(root)) {
    const file = join(root, 'package.json');
    if (existsSync(file)) {
      const manifest = JSON.parse(readFileSync(file, 'utf8')) as PackageManifest;
      if (manifest.name === 'ticker-service') return { root, manifest };
    }
    root = dirname(root);
  }
  throw new Error('no folder above this file holds the package.json of ticker-service');
}

export const project = findProject();
