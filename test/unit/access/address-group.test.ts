import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressGroup } from '../../../src/access/address-group.ts';

const GROUPS = {
  '192.0.2.1': '192.0.2.1',
  '::ffff:192.0.2.1': '192.0.2.1',
  '::FFFF:c000:0201': '192.0.2.1',
  '0000:0000:0000:0000:0000:ffff:c000:0201': '192.0.2.1',
  '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
  '2001:0db8:0001:0002::': '2001:db8:1:2::/64',
  '2001:db8:1:3::': '2001:db8:1:3::/64',
  '2001:db8::1': '2001:db8:0:0::/64',
  '::1': '0:0:0:0::/64',
  'fe80::1%eth0': 'fe80:0:0:0::/64',
  '64:ff9b::192.0.2.1': '64:ff9b:0:0::/64',
  'not an address': 'not an address',
  '': '',
};

for (const [address, group] of Object.entries(GROUPS)) {
  test(`${JSON.stringify(address)} counts as ${JSON.stringify(group)}`, () => {
    assert.equal(addressGroup(address), group);
  });
}
