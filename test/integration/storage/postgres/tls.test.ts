import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { atEnd } from '../../../support/at-end.ts';
import {
  connectTo,
  openEmbedded,
  openFolder,
  postgresFolder,
} from '../../../support/embedded-rig.ts';
import { toolOrSkip } from '../../../support/required-tool.ts';
import { openTestDatabase, statement } from '../../../support/test-database.ts';

interface TlsServer {
  /** Without a mode. */
  url: string;
  /** The certificate of the server, signed by itself, for `name` only. */
  certificate: string;
  /** A certificate that has nothing to do with the server. */
  stranger: string;
}

function makeCertificate(openssl: string, folder: string, file: string, name: string): string {
  const [key, certificate] = [join(folder, `${file}.key`), join(folder, `${file}.crt`)];
  execFileSync(
    openssl,
    [
      ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1'.split(' '),
      ...['-subj', '/CN=ticker', '-addext', `subjectAltName=${name}`],
      ...['-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  return certificate;
}

/** A PostgreSQL with a certificate for `name`; undefined: there is no openssl, skipped aloud. */
async function startTlsServer(t: TestContext, name: string): Promise<TlsServer | undefined> {
  const openssl = toolOrSkip(t, 'openssl');
  if (openssl === undefined) return undefined;
  const directory = openFolder(t);
  const opened = await openEmbedded(t, directory, false);
  const data = join(postgresFolder(directory), 'data');
  const certificate = makeCertificate(openssl, data, 'server', name);
  // PostgreSQL reads its key only if it is its own.
  const { uid, gid } = statSync(data);
  for (const file of ['server.crt', 'server.key']) chownSync(join(data, file), uid, gid);
  const { sql } = connectTo(t, opened);
  await sql(statement('alter system set ssl = on'));
  await sql`select pg_reload_conf()`;
  while ((await sql`show ssl`)[0]?.['ssl'] !== 'on');
  return {
    url: opened.embedded.url,
    certificate,
    stranger: makeCertificate(openssl, openFolder(t), 'stranger', name),
  };
}

/** TLS version of a new session, or why there is none. */
async function outcome(t: TestContext, url: string): Promise<unknown> {
  const database = openTestDatabase(url);
  atEnd(t, () => database.end());
  try {
    const [row] = await database.sql`
      select version from pg_stat_ssl where pid = pg_backend_pid()`;
    return row?.['version'];
  } catch (error) {
    assert.ok(error instanceof TickerError, String(error));
    return `${error.code} ${error.detail}`;
  }
}

test('verify-full talks only to the server of that name, certified by who it trusts', async (t) => {
  const server = await startTlsServer(t, 'IP:127.0.0.1');
  if (server === undefined) return;
  const { url, certificate, stranger } = server;
  assert.equal(await outcome(t, `${url}?sslmode=disable`), null);
  assert.equal(await outcome(t, `${url}?sslmode=require`), 'TLSv1.3');
  assert.equal(
    await outcome(t, `${url}?sslmode=verify-full&sslrootcert=${certificate}`),
    'TLSv1.3',
  );
  const refused = /^DATABASE_UNAVAILABLE PostgreSQL at 127.0.0.1:\d+: .*(SELF_SIGNED|VERIFY)/;
  assert.match(String(await outcome(t, `${url}?sslmode=verify-full`)), refused);
  assert.match(
    String(await outcome(t, `${url}?sslmode=verify-full&sslrootcert=${stranger}`)),
    refused,
  );
  assert.match(
    String(await outcome(t, `${url}?sslmode=verify-full&sslrootcert=/missing.pem`)),
    /^CONFIG_FILE sslrootcert \/missing\.pem: ENOENT/,
  );
});

test('verify-full refuses a trusted certificate of another name', async (t) => {
  const server = await startTlsServer(t, 'DNS:db.example');
  if (server === undefined) return;
  const { url, certificate } = server;
  const verified = `sslmode=verify-full&sslrootcert=${certificate}`;
  const wrongName = /^DATABASE_UNAVAILABLE PostgreSQL at .*ERR_TLS_CERT_ALTNAME_INVALID/;
  assert.match(String(await outcome(t, `${url}?${verified}`)), wrongName);
  const byName = url.replace('127.0.0.1', 'localhost');
  assert.match(String(await outcome(t, `${byName}?${verified}`)), wrongName);
  assert.equal(await outcome(t, `${byName}?sslmode=require`), 'TLSv1.3');
});
