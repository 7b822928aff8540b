import { isIPv4, isIPv6 } from 'node:net';

const GROUPS = 8;
/** A site has a /64 of its own, and may use any address of it. */
const SITE_GROUPS = 4;
/** Longest text taken for an address. */
const NAME_CHARACTERS_MAX = 64;

function ipv4Groups(text: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [a * 256 + b, c * 256 + d].map((group) => group.toString(16));
}

/** The eight groups of an IPv6 address as numbers. */
function ipv6Groups(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const split = (part: string): string[] =>
    part === ''
      ? []
      : part.split(':').flatMap((group) => (group.includes('.') ? ipv4Groups(group) : [group]));
  const before = split(head);
  const after = split(tail ?? '');
  const zeros = Array.from({ length: GROUPS - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
}

/**
 * Whom an address counts as: an IPv4 address for itself, also when it is written as IPv6
 * (`::ffff:192.0.2.1`); an IPv6 address for its /64, which one site has to itself. Any other text
 * stands for itself.
 */
export function addressGroup(text: string): string {
  const [address = ''] = text.split('%');
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return text.slice(0, NAME_CHARACTERS_MAX);
  const groups = ipv6Groups(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  const site = groups.slice(0, SITE_GROUPS).map((group) => group.toString(16));
  return `${site.join(':')}::/64`;
}
