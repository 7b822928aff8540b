/** Figures as the page shows them. No value is an en dash. */
export const NOTHING = '–';

const wholeFormat = new Intl.NumberFormat('en-IN', { maximumFractionDigits: 0 });
const priceFormat = new Intl.NumberFormat('en-IN', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const MINUTES_PER_YEAR = 365 * 24 * 60;

type Value = number | null | undefined;

export function price(value: Value): string {
  return value === null || value === undefined ? NOTHING : priceFormat.format(value);
}

export function whole(value: Value): string {
  return value === null || value === undefined ? NOTHING : wholeFormat.format(value);
}

export function decimals(value: Value, digits: number): string {
  return value === null || value === undefined ? NOTHING : value.toFixed(digits);
}

/** A fraction as a percentage with two decimals, without the sign %. */
export function percent(fraction: Value): string {
  return decimals(fraction === null || fraction === undefined ? fraction : fraction * 100, 2);
}

/** A change in percent, always signed. */
export function signedPercent(value: Value): string {
  if (value === null || value === undefined) return '';
  return `${value > 0 ? '+' : ''}${value.toFixed(2)} %`;
}

/** Years (Act/365) as days and hours, or hours and minutes on the last day. */
export function duration(years: Value): string {
  if (years === null || years === undefined) return NOTHING;
  const minutes = Math.max(0, Math.round(years * MINUTES_PER_YEAR));
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  return days > 0 ? `${days} d ${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** A status code in words: NO_QUOTE is "no quote". */
export function reason(status: string): string {
  return status.toLowerCase().replaceAll('_', ' ');
}
