import { isMonthlyExpiry } from './expiries.ts';

const MONTHS = 'JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC';
const WEEKLY_MONTHS = '123456789OND';

/** Year and expiry part of a derivative's symbol: `26NOV` monthly, `26N17` weekly. */
export function expiryCode(expiry: string): string {
  const year = expiry.slice(2, 4);
  const month = Number(expiry.slice(5, 7)) - 1;
  if (isMonthlyExpiry(expiry)) return year + MONTHS.slice(3 * month, 3 * month + 3);
  return year + WEEKLY_MONTHS.charAt(month) + expiry.slice(8, 10);
}

export function futureSymbol(name: string, code: string): string {
  return `${name}${code}FUT`;
}

export function optionSymbol(
  name: string,
  code: string,
  strikePaise: number,
  type: 'CE' | 'PE',
): string {
  return `${name}${code}${strikePaise / 100}${type}`;
}
