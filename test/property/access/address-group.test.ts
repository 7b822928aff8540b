import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressGroup } from '../../../src/access/address-group.ts';

const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
  minLength: 8,
  maxLength: 8,
});

/** All forms in which an address may be written. */
function forms(address: readonly number[]): string[] {
  const plain = address.map((group) => group.toString(16)).join(':');
  const full = address.map((group) => group.toString(16).padStart(4, '0')).join(':');
  const [high = 0, low = 0] = address.slice(6);
  const dotted = [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const mixed = [...address.slice(0, 6).map((group) => group.toString(16)), dotted].join(':');
  // The shortest form, by somebody else.
  const short = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  return [plain, full, full.toUpperCase(), mixed, short, `${short}%eth0`];
}

test('an IPv6 address counts as its first 64 bits, however it is written', () => {
  fc.assert(
    fc.property(groups, groups, (site, host) => {
      const isMapped = site.slice(0, 4).every((group) => group === 0) && host[5] === 0xffff;
      fc.pre(!isMapped);
      const one = [...site.slice(0, 4), ...host.slice(4)];
      const all = new Set([...forms(one), ...forms(site)].map(addressGroup));
      const expected = site.slice(0, 4).map((group) => group.toString(16));
      assert.deepEqual([...all], [`${expected.join(':')}::/64`]);
    }),
  );
});

test('an IPv4 address counts as itself, also within IPv6', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
      const mapped = [0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d];
      for (const form of [address, ...forms(mapped)]) assert.equal(addressGroup(form), address);
    }),
  );
});
