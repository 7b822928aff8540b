import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickerError } from '../../../../src/domain/error-codes.ts';
import { parseDatabaseUrl } from '../../../../src/storage/postgres/database-url.ts';

test('a URL names everything that a connection needs', () => {
  assert.deepEqual(
    parseDatabaseUrl(
      'postgres://us%40er:p%2Fw@db.example:5433/tick%20er' +
        '?sslmode=verify-full&sslrootcert=/etc/ca.pem',
    ),
    {
      host: 'db.example',
      port: 5433,
      database: 'tick er',
      user: 'us@er',
      password: 'p/w',
      tls: 'verify-full',
      rootCertificateFile: '/etc/ca.pem',
    },
  );
});

test('what is left out has a default: port 5432, no password', () => {
  const server = parseDatabaseUrl('postgresql://ticker@db.example/ticker');
  assert.equal(server.port, 5432);
  assert.equal(server.password, undefined);
  assert.equal(server.rootCertificateFile, undefined);
});

test('a connection that leaves the machine is encrypted unless the URL says otherwise', () => {
  const tlsOf = (place: string): string => parseDatabaseUrl(`postgres://u@${place}`).tls;
  for (const local of ['localhost/d', '127.0.0.1/d', '127.8.0.1:6000/d', '[::1]/d']) {
    assert.equal(tlsOf(local), 'disable', local);
  }
  for (const remote of ['10.0.0.1/d', 'db/d', 'localhost.example/d', '[fe80::1]/d']) {
    assert.equal(tlsOf(remote), 'require', remote);
  }
  assert.equal(tlsOf('db/d?sslmode=disable'), 'disable');
  assert.equal(tlsOf('localhost/d?sslmode=verify-full'), 'verify-full');
});

test('what would be passed over or weakened is refused, and no error repeats the password', () => {
  const refused: [string, RegExp][] = [
    ['not a url hunter2', /is not a URL/],
    ['mysql://u:hunter2@h/d', /must begin with postgres:/],
    ['postgres://u:hunter2@h/d?sslmode=prefer', /needs sslmode=disable or require or verify-full/],
    ['postgres://u:hunter2@h/d?sslmode=verify-ca', /needs sslmode/],
    ['postgres://u:hunter2@h/d?options=-cfsync', /parameter "options"; known: sslmode/],
    ['postgres://:hunter2@h/d', /must name a user, a host and a database/],
    ['postgres://u:hunter2@h/', /must name a user/],
    ['postgres://u:hunter2%@h/d', /% that encodes nothing/],
  ];
  for (const [url, reason] of refused) {
    assert.throws(
      () => parseDatabaseUrl(url),
      (error) => {
        assert.ok(error instanceof TickerError);
        assert.equal(error.code, 'CONFIG_INVALID');
        assert.match(error.message, reason);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
    );
  }
});
