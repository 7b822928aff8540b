/**
 * Writes the generated documents: `node dist/test/generate-docs.js`. With `--check` writes nothing,
 * names every document that is not what the code says, and exits with 1 if there is one.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { configurationDocument } from '../src/config/configuration-document.ts';
import { errorsDocument } from '../src/http/errors-document.ts';
import { metricsDocument } from '../src/telemetry/metrics-document.ts';
import { memoryDocument } from './layout/memory-doc.ts';
import { marketDocumentFor, streamDocument } from './support/http/market-document.ts';
import { ordersDocumentFor } from './support/http/orders-port.ts';
import { repositoryRoot } from './support/repository-root.ts';

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}

/** As `npm run format` would leave it. */
async function formatted(path: string, text: string): Promise<string> {
  const filepath = join(repositoryRoot, path);
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

/** Text of every generated document, by path. */
async function documents(): Promise<[path: string, text: string][]> {
  const openApi = JSON.stringify(marketDocumentFor(true, packageVersion()));
  const ordersApi = JSON.stringify(ordersDocumentFor(true, packageVersion()));
  const asyncApi = JSON.stringify(streamDocument(packageVersion()));
  return [
    ['docs/asyncapi.json', await formatted('docs/asyncapi.json', asyncApi)],
    ['docs/CONFIGURATION.md', await formatted('docs/CONFIGURATION.md', configurationDocument())],
    ['docs/ERRORS.md', await formatted('docs/ERRORS.md', errorsDocument())],
    ['docs/MEMORY.md', memoryDocument()],
    ['docs/METRICS.md', await formatted('docs/METRICS.md', metricsDocument())],
    ['docs/openapi-orders.json', await formatted('docs/openapi-orders.json', ordersApi)],
    ['docs/openapi.json', await formatted('docs/openapi.json', openApi)],
  ];
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
for (const [path, text] of await documents()) {
  const file = join(repositoryRoot, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (values.check) {
    process.exitCode = 1;
    console.error(`${path} is not what the code says: run npm run docs`);
  } else {
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}
