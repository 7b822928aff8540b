import type { ModeName } from '../../src/wire/messages.ts';
import type { BrokerPacket } from '../support/feed/sim/broker-packet.ts';
import type { HeardTick } from './heard-ticks.ts';
import type { LedgerTick } from './ledger.ts';

const QUOTE_NAMES = [
  'lastPrice',
  'exchangeTime',
  'lastTradeTime',
  'lastQuantity',
  'averagePrice',
  'volume',
  'buyQuantity',
  'sellQuantity',
  'open',
  'high',
  'low',
  'close',
  'openInterest',
  'openInterestHigh',
  'openInterestLow',
] as const;

type Reader = (packet: BrokerPacket) => number | undefined;

/** Price, quantity and orders of a level of the book. */
function levelReaders(side: 'bids' | 'offers', level: number): [string, Reader][] {
  const fields = ['price', 'quantity', 'orders'] as const;
  return fields.map((field) => [
    `${side} ${level} ${field}`,
    (packet) => packet[side]?.[level]?.[field],
  ]);
}

const LEVELS = [0, 1, 2, 3, 4];
const QUOTE: readonly [string, Reader][] = QUOTE_NAMES.map((name) => [
  name,
  (packet) => packet[name],
]);
const [BEST_BID, BEST_OFFER] = [levelReaders('bids', 0), levelReaders('offers', 0)];
const quote = (name: (typeof QUOTE_NAMES)[number]): [string, Reader] =>
  QUOTE[QUOTE_NAMES.indexOf(name)]!;

/** What each mode promises, in this order. */
const VALUES: Readonly<Record<ModeName, readonly [string, Reader][]>> = {
  ltp: [quote('lastPrice'), quote('exchangeTime')],
  compact: [
    quote('lastPrice'),
    quote('exchangeTime'),
    quote('volume'),
    quote('openInterest'),
    ...BEST_BID.slice(0, 2),
    ...BEST_OFFER.slice(0, 2),
  ],
  quote: QUOTE,
  full: [
    ...QUOTE,
    ...LEVELS.flatMap((level) => levelReaders('bids', level)),
    ...LEVELS.flatMap((level) => levelReaders('offers', level)),
  ],
};

/** Times of the broker: 0 is its "absent". */
const TIMES: ReadonlySet<string> = new Set(['exchangeTime', 'lastTradeTime']);

/** Where a tick differs from the packet that it was made of; undefined: nowhere. */
export function difference(
  tick: HeardTick,
  mode: ModeName,
  { packet, position, receiveTimeUs }: LedgerTick,
): string | undefined {
  const compared = (name: string, heard: unknown, sent: unknown): string | undefined =>
    heard === sent ? undefined : `${name} is ${String(heard)}, the ledger has ${String(sent)}`;
  const wrong =
    compared('sequence', tick.sequence, position) ??
    compared('receive time', tick.receiveTimeUs, receiveTimeUs) ??
    compared('SIMULATED', tick.isSimulated, true);
  if (wrong !== undefined) return wrong;
  const expected = VALUES[mode];
  if (tick.values.length !== expected.length) return `${tick.values.length} values in ${mode}`;
  for (let index = 0; index < expected.length; index++) {
    const [name, reader] = expected[index]!;
    const sent = reader(packet);
    const heard = tick.values[index];
    if (heard === sent) continue;
    if (TIMES.has(name) && (sent ?? 0) === 0 && (heard ?? 0) === 0) continue;
    return compared(name, heard, sent);
  }
  return undefined;
}
