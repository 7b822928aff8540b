import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { atEnd } from '../at-end.ts';
import { repositoryRoot } from '../repository-root.ts';
import { findTool, toolOrSkip } from '../required-tool.ts';
import { temporaryFolder } from '../ticker-process.ts';
import { decodedFrame, type RecordedFrame } from './recorded-frames.ts';

export const SCHEMA = join(repositoryRoot, 'schemas', 'tick.fbs');

/** A program of docs/clients in a folder of its own, with code that Debian's flatc has made. */
export interface BuiltClient {
  folder: string;
  /** Command that runs a program of the client: `decode` or `watch`. */
  command(program: string): string[];
}

/** Debian's interpreter, which may not be the first on PATH, if it has `modules`; or skips `t`. */
export function pythonOrSkip(t: TestContext, ...modules: string[]): string | undefined {
  const python = ['/usr/bin/python3', findTool('python3')].find(
    (path) =>
      path !== undefined && spawnSync(path, ['-c', `import ${modules.join()}`]).status === 0,
  );
  if (python !== undefined) return python;
  const reason = `no python3 has ${modules.join(' and ')}`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  t.skip(reason);
  return undefined;
}

/** True if the C++ headers can be included; or skips `t`. */
export function headersOrSkip(t: TestContext, compiler: string, ...headers: string[]): boolean {
  const program = headers.map((header) => `#include <${header}>\n`).join('');
  const preprocess = ['-std=c++17', '-E', '-x', 'c++', '-'];
  // Preprocessed, these headers are megabytes: nobody looks at them.
  const { status } = spawnSync(compiler, preprocess, {
    input: program,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  if (status === 0) return true;
  const reason = `a header is not installed: ${headers.join(', ')}`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  t.skip(reason);
  return false;
}

/** docs/clients/python with code made from `schema`; skips `t` where a tool is missing. */
export function pythonClient(
  t: TestContext,
  options: { schema?: string; modules?: string[] } = {},
): BuiltClient | undefined {
  const flatc = toolOrSkip(t, 'flatc');
  if (flatc === undefined) return undefined;
  const python = pythonOrSkip(t, 'flatbuffers', ...(options.modules ?? []));
  if (python === undefined) return undefined;
  const folder = temporaryFolder(t);
  cpSync(join(repositoryRoot, 'docs', 'clients', 'python'), folder, { recursive: true });
  execFileSync(flatc, ['--python', '-o', folder, options.schema ?? SCHEMA]);
  return { folder, command: (program) => [python, join(folder, `${program}.py`)] };
}

/** docs/clients/cpp, compiled; skips `t` where a tool or header is missing. */
export function cppClient(
  t: TestContext,
  programs: readonly string[],
  headers: readonly string[] = [],
): BuiltClient | undefined {
  const flatc = toolOrSkip(t, 'flatc');
  const compiler = flatc === undefined ? undefined : toolOrSkip(t, 'g++');
  if (flatc === undefined || compiler === undefined) return undefined;
  const needed = ['flatbuffers/flatbuffers.h', 'nlohmann/json.hpp', ...headers];
  if (!headersOrSkip(t, compiler, ...needed)) return undefined;
  const folder = temporaryFolder(t);
  cpSync(join(repositoryRoot, 'docs', 'clients', 'cpp'), folder, { recursive: true });
  execFileSync(flatc, ['--cpp', '-o', folder, SCHEMA]);
  for (const program of programs) {
    const options = ['-std=c++17', '-pthread', '-o', program, `${program}.cpp`];
    execFileSync(compiler, options, { cwd: folder });
  }
  return { folder, command: (program) => [join(folder, program)] };
}

function linesOf(output: string): unknown[] {
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

/** Asserts that the client's `decode` reads from the frames what our own decoder reads. */
export function assertDecodes(client: BuiltClient, frames: readonly RecordedFrame[]): void {
  const paths = frames.map(({ name, bytes }) => {
    const path = join(client.folder, `${name}.tick`);
    writeFileSync(path, bytes);
    return path;
  });
  const [program = '', ...first] = client.command('decode');
  const output = execFileSync(program, [...first, ...paths], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const lines = linesOf(output);
  assert.equal(lines.length, frames.length);
  for (const [index, { name, bytes }] of frames.entries()) {
    assert.deepEqual(lines[index], decodedFrame(bytes), name);
  }
}

/** What `decode` says of a file with these bytes: its exit code and standard error. */
export function decodeNonsense(client: BuiltClient, bytes: Uint8Array): [number | null, string] {
  const path = join(client.folder, 'nonsense.tick');
  writeFileSync(path, bytes);
  const [program = '', ...first] = client.command('decode');
  const { status, stderr } = spawnSync(program, [...first, path], { encoding: 'utf8' });
  return [status, stderr];
}

/**
 * Runs the client's `watch` until it has kept `count` frames in the folder that `argumentsFor` is
 * given; asserts that it has printed what our own decoder reads from them, and returns that.
 */
export async function watchLive(
  t: TestContext,
  client: BuiltClient,
  count: number,
  argumentsFor: (folder: string) => string[],
): Promise<ReturnType<typeof decodedFrame>[]> {
  const kept = join(client.folder, 'kept');
  mkdirSync(kept);
  const [program = '', ...first] = client.command('watch');
  const child = spawn(program, [...first, ...argumentsFor(kept)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(t, () => void child.kill('SIGKILL'));
  const [out, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('exit', resolve)),
  ]);
  assert.equal(code, 0, errors);
  const frames = readdirSync(kept)
    .sort()
    .map((name) => decodedFrame(readFileSync(join(kept, name))));
  assert.equal(frames.length, count);
  assert.deepEqual(linesOf(out), frames);
  return frames;
}
