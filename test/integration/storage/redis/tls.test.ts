import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toolOrSkip } from '../../../support/required-tool.ts';
import { TestRedis } from '../../../support/test-redis.ts';
import { temporaryFolder } from '../../../support/ticker-process.ts';

const CLIENT = fileURLToPath(import.meta.resolve('../../../support/redis-tls-client.js'));

/** A Redis that speaks TLS only, and its certificate. */
async function startTlsRedis(
  t: TestContext,
): Promise<{ url: string; certificate: string } | undefined> {
  const openssl = toolOrSkip(t, 'openssl');
  if (openssl === undefined) return undefined;
  const folder = temporaryFolder(t);
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  execFileSync(
    openssl,
    [
      ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1'.split(' '),
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
      ...['-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  const files = ['--tls-cert-file', certificate, '--tls-key-file', key];
  const server = await TestRedis.startTls(t, ...files, '--tls-auth-clients', 'no');
  return server && { url: `rediss://localhost:${server.port}`, certificate };
}

function answer(url: string, environment: Record<string, string>): string {
  return execFileSync(process.execPath, [CLIENT, url], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  }).trim();
}

test('rediss:// encrypts, and talks only to a server that it can trust', async (t) => {
  const server = await startTlsRedis(t);
  if (server === undefined) return;
  assert.equal(answer(server.url, { NODE_EXTRA_CA_CERTS: server.certificate }), 'encrypted');
  assert.match(answer(server.url, {}), /^REDIS_UNAVAILABLE: .*self-signed certificate/);
  const otherName = server.url.replace('localhost', '127.0.0.1');
  assert.match(
    answer(otherName, { NODE_EXTRA_CA_CERTS: server.certificate }),
    /^REDIS_UNAVAILABLE: .*(does not match|altnames)/,
  );
});
