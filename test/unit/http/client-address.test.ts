import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ClientAddresses } from '../../../src/http/client-address.ts';

const PROXY = '10.0.0.7';
const CLIENT = '203.0.113.9';

test('without trusted proxies nobody can pretend to be somebody else', () => {
  const addresses = new ClientAddresses();
  assert.equal(addresses.of(CLIENT, '198.51.100.1'), CLIENT);
  assert.equal(addresses.of('127.0.0.1', CLIENT), '127.0.0.1');
});

test('a peer that is no trusted proxy is the client, whatever it sends', () => {
  const addresses = new ClientAddresses([PROXY]);
  assert.equal(addresses.of('10.0.0.8', '198.51.100.1'), '10.0.0.8');
});

describe('behind a trusted proxy', () => {
  const addresses = new ClientAddresses(['10.0.0.0/24', '2001:db8:1::/48']);
  const cases: readonly (readonly [what: string, header: string | undefined, client: string])[] = [
    ['the client is whom it heard', CLIENT, CLIENT],
    ['what the client wrote itself is not believed', `192.0.2.1, ${CLIENT}`, CLIENT],
    ['further trusted proxies are passed over', `192.0.2.1, ${CLIENT}, 10.0.0.9`, CLIENT],
    ['a client among the proxies is found', '10.0.0.3, 10.0.0.9', '10.0.0.3'],
    ['an IPv6 client and an IPv6 proxy', '2001:db8:9::5, 2001:db8:1::2', '2001:db8:9::5'],
    ['a port does not matter', `${CLIENT}:4711`, CLIENT],
    ['a port after an IPv6 address neither', '[2001:db8:9::5]:4711', '2001:db8:9::5'],
    ['without a header it is the client', undefined, PROXY],
    ['an empty header says nothing', '', PROXY],
    ['what is no address says nothing', 'unknown', PROXY],
    ['what is before such a text neither', `${CLIENT}, unknown`, PROXY],
  ];
  for (const [what, header, client] of cases) {
    test(what, () => assert.equal(addresses.of(PROXY, header), client));
  }

  test('it is known when its IPv4 address is written as IPv6', () => {
    assert.equal(addresses.of('::ffff:10.0.0.7', CLIENT), CLIENT);
    assert.equal(addresses.of('0000:0000:0000:0000:0000:ffff:0a00:0007', CLIENT), CLIENT);
  });
});
