import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { schemaLeaves, schemaStructs, type SchemaLeaf } from '../../layout/schema-structs.ts';
import { LAYOUTS } from '../../../src/wire/tick-layout.ts';
import {
  assertDecodes,
  decodeNonsense,
  pythonClient,
  watchLive,
} from '../../support/clients/built-client.ts';
import { recordedFrames, VARIANTS } from '../../support/clients/recorded-frames.ts';
import { repositoryFiles } from '../../support/repository-files.ts';
import { repositoryRoot } from '../../support/repository-root.ts';
import { startService, temporaryFolder } from '../../support/ticker-process.ts';

const RELEASED = repositoryFiles().filter((path) => path.startsWith('schemas/released/'));
const STRUCTS = {
  tick: 'Tick',
  quote: 'QuoteTick',
  compact: 'CompactTick',
  ltp: 'LtpTick',
} as const;

for (const schema of ['schemas/tick.fbs', ...RELEASED]) {
  test(`Python with code from ${schema} reads from every kind of frame what we read`, (t) => {
    const client = pythonClient(t, { schema: join(repositoryRoot, schema) });
    if (client !== undefined) assertDecodes(client, recordedFrames());
  });
}

/** The number of a leaf in a struct that starts at `offset`. */
function leafValue(view: DataView, offset: number, leaf: SchemaLeaf): number {
  const at = offset + leaf.offset;
  switch (leaf.scalar) {
    case 'u8':
      return view.getUint8(at);
    case 'u16':
      return view.getUint16(at, true);
    case 'i32':
      return view.getInt32(at, true);
    case 'f32':
      return view.getFloat32(at, true);
    case 'f64':
      return view.getFloat64(at, true);
    default:
      return view.getUint32(at, true);
  }
}

test('Debian flatc reads every number of every struct where we wrote it', (t) => {
  const client = pythonClient(t);
  if (client === undefined) return;
  const [python = ''] = client.command('decode');
  const script = join(repositoryRoot, 'test', 'support', 'clients', 'every_field.py');
  const structs = schemaStructs();
  for (const [kind, struct] of Object.entries(STRUCTS)) {
    const { bytes } = recordedFrames().find(({ name }) => name === kind)!;
    const path = join(client.folder, `${kind}.tick`);
    writeFileSync(path, bytes);
    const output: string = execFileSync(python, [script, path], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: client.folder },
      maxBuffer: 64 * 1024 * 1024,
    });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { structBytes } = LAYOUTS[kind as keyof typeof STRUCTS];
    const first = bytes.byteLength - VARIANTS.length * structBytes;
    const leaves = schemaLeaves(structs, struct);
    const expected = VARIANTS.map((_variant, index) =>
      leaves.map((leaf) => leafValue(view, first + index * structBytes, leaf)),
    );
    assert.deepEqual(JSON.parse(output), expected, kind);
  }
});

test('the Python client refuses what is no frame', (t) => {
  const client = pythonClient(t);
  if (client === undefined) return;
  for (const bytes of [new Uint8Array(0), new TextEncoder().encode('{"type":"hello"}')]) {
    const [code, errors] = decodeNonsense(client, bytes);
    assert.equal(code, 1);
    assert.match(errors, /not a TickFrame/);
  }
});

test('the Python client watches a running service and reads what we read', async (t) => {
  const client = pythonClient(t, { modules: ['websockets'] });
  if (client === undefined) return;
  const data = temporaryFolder(t);
  const { ticksUrl } = await startService(t, { TICKER_DATA_DIR: data });
  const frames = await watchLive(t, client, 20, (folder) => [
    ...['--url', ticksUrl, '--key-file', join(data, 'api-key'), '--keep', folder],
    ...['--frames', '20', '--chain', 'NIFTY', '--mode', 'full', '--greeks', 'NSE:INFY', '256265'],
  ]);
  const ticks = frames.flatMap((frame) => frame.ticks);
  assert.ok(ticks.every(({ flags }) => flags.includes('SIMULATED')));
  assert.ok(ticks.some(({ greeks }) => greeks?.status === 'OK'));
  assert.ok(ticks.some(({ instrument_token: token }) => token === 256265));
});

test('the Python client says why the service does not let it in', async (t) => {
  const client = pythonClient(t, { modules: ['websockets'] });
  if (client === undefined) return;
  const data = temporaryFolder(t);
  const { ticksUrl } = await startService(t, { TICKER_DATA_DIR: data });
  const wrong = join(data, 'wrong-key');
  writeFileSync(wrong, 'no-key-of-this-service\n');
  const [python = '', program = ''] = client.command('watch');
  const run = () => {
    const options = ['--url', ticksUrl, '--key-file', wrong, '256265'];
    execFileSync(python, [program, ...options], { stdio: 'pipe' });
  };
  assert.throws(run, { status: 1, message: /closed: .*4500.*UNAUTHENTICATED/ });
});
