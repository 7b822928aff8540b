const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const DURATION = /^(\d{1,9})([smhdw])$/;
/** A day, or a time with its zone: one without would depend on where the command runs. */
const ISO_TIME =
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;
/** The last day of the calendar that `Date` can write with four digits. */
const LAST_MS = Date.UTC(9999, 11, 31);

/** Milliseconds of `90s`, `30m`, `12h`, `30d`, `2w`; undefined: something else. */
export function durationMs(text: string): number | undefined {
  const match = DURATION.exec(text);
  const unitMs = UNIT_MS[match?.[2] ?? ''];
  return match === null || unitMs === undefined ? undefined : Number(match[1]) * unitMs;
}

/**
 * Epoch ms of a time given as a duration from `nowMs`, or as an ISO time with its zone
 * (`2027-01-31T18:00:00+05:30`), or as a day (its beginning, UTC); undefined: something else.
 */
export function timeOrDurationMs(text: string, nowMs: number): number | undefined {
  const fromNowMs = durationMs(text);
  if (fromNowMs !== undefined) return nowMs + fromNowMs <= LAST_MS ? nowMs + fromNowMs : undefined;
  if (!ISO_TIME.test(text)) return undefined;
  const timeMs = Date.parse(text);
  // Date.parse lets 30 February through as 2 March.
  const isDay = !Number.isNaN(timeMs) && isCalendarDay(text.slice(0, 10));
  return isDay ? timeMs : undefined;
}

function isCalendarDay(day: string): boolean {
  const timeMs = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(timeMs) && new Date(timeMs).toISOString().startsWith(day);
}
