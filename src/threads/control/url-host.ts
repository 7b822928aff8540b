/** Host for the URL by which this machine reaches a server that is bound to `address`. */
export function urlHost(address: string): string {
  if (address === '0.0.0.0' || address === '::') return 'localhost';
  return address.includes(':') ? `[${address}]` : address;
}
