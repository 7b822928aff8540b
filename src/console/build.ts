/**
 * Bundles the page into `dist/console`: `node dist/src/console/build.js`. Reads the sources of the
 * repository that holds this file, or of the working directory.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const COPIED = ['index.html', 'page.css', 'icon.svg'];

function isRepository(directory: string): boolean {
  const manifest = join(directory, 'package.json');
  if (!existsSync(join(directory, 'src', 'console', 'page.ts')) || !existsSync(manifest))
    return false;
  const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown };
  return name === 'ticker-service';
}

function repositoryRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (directory !== dirname(directory)) {
    if (isRepository(directory)) return directory;
    directory = dirname(directory);
  }
  if (isRepository(process.cwd())) return process.cwd();
  throw new Error('the sources of the page are not here');
}

/** Builds the page, without anything of an older one, into `outDirectory`. */
export async function buildConsole(outDirectory?: string): Promise<void> {
  const root = repositoryRoot();
  const source = join(root, 'src', 'console');
  const target = outDirectory ?? join(root, 'dist', 'console');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  await build({
    entryPoints: [join(source, 'page.ts')],
    outfile: join(target, 'page.js'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const file of COPIED) copyFileSync(join(source, file), join(target, file));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildConsole();
