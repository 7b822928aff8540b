import { BlockList, isIP } from 'node:net';

/** `203.0.113.9:4711` and `[2001:db8::1]:4711`, as some proxies write them. */
const WITH_PORT = /^(?:([\d.]+)|\[([\da-f:.]+)\])(?::\d{1,5})?$/i;

/**
 * Who a client is behind proxies of ours. A header says only what whoever sent it wants to say: it
 * is believed as far back as the ones who passed it on are trusted, and no further.
 */
export class ClientAddresses {
  readonly #trusted = new BlockList();

  /** `proxies`: IP addresses, and networks such as `10.0.0.0/8`; empty: no header is believed. */
  constructor(proxies: readonly string[] = []) {
    for (const proxy of proxies) {
      const [address = '', prefix] = proxy.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#trusted.addAddress(address, family);
      else this.#trusted.addSubnet(address, Number(prefix), family);
    }
  }

  /**
   * The address of the client of a connection from `peer`. `forwardedFor`: the X-Forwarded-For
   * header, to whose end each proxy writes whom it heard; several headers joined by commas.
   */
  of(peer: string, forwardedFor: string | undefined): string {
    let client = peer;
    const hops = forwardedFor === undefined ? [] : forwardedFor.split(',');
    while (hops.length > 0 && this.#isTrusted(client)) {
      const heard = addressOf(hops.pop() ?? '');
      // What a trusted proxy passed on is no address: it stands for its client itself.
      if (heard === undefined) break;
      client = heard;
    }
    return client;
  }

  #isTrusted(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#trusted.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }
}

function addressOf(hop: string): string | undefined {
  const text = hop.trim();
  const match = WITH_PORT.exec(text);
  const address = match?.[1] ?? match?.[2] ?? text;
  return isIP(address) === 0 ? undefined : address;
}
