import type { Ledger, LedgerInstrument, PacketSums } from '../../src/feed/sim/ledger.ts';

export type { Ledger } from '../../src/feed/sim/ledger.ts';

/** What the simulator sent of one instrument between two looks at its ledger. */
export interface SentSums {
  /** Packets put on the socket: ticks, and snapshots if it was subscribed anew. */
  deliveries: PacketSums;
  /** Of the newest packet. */
  lastPrice: number;
}

export async function fetchLedger(simulatorUrl: string): Promise<Ledger> {
  const response = await fetch(`${simulatorUrl}/sim/ledger`);
  if (!response.ok) throw new Error(`the simulator answered /sim/ledger with ${response.status}`);
  return (await response.json()) as Ledger;
}

/** Lets the market tick at `rate` for `durationMs` from now on. */
export async function scheduleTicks(
  simulatorUrl: string,
  rate: number,
  durationMs: number,
): Promise<void> {
  const script = [
    { at_ms: 0, fault: 'set_rate', args: { ticks_per_second: rate } },
    { at_ms: 0, fault: 'start_ticks' },
    { at_ms: durationMs, fault: 'stop_ticks' },
  ];
  const body = JSON.stringify(script);
  const response = await fetch(`${simulatorUrl}/sim/faults`, { method: 'POST', body });
  if (!response.ok) {
    throw new Error(`the simulator answered /sim/faults with ${await response.text()}`);
  }
}

/** By token; sums modulo 2^32. */
export function sentBetween(before: Ledger, after: Ledger): Map<number, SentSums> {
  const known = new Map(before.instruments.map((entry) => [entry.instrument_token, entry]));
  return new Map(
    after.instruments.map((entry) => [
      entry.instrument_token,
      difference(known.get(entry.instrument_token), entry),
    ]),
  );
}

function difference(before: LedgerInstrument | undefined, after: LedgerInstrument): SentSums {
  return {
    deliveries: minus(after.deliveries, before?.deliveries),
    lastPrice: after.last.last_price,
  };
}

function minus(after: PacketSums, before: PacketSums | undefined): PacketSums {
  return {
    count: after.count - (before?.count ?? 0),
    last_price_sum: (after.last_price_sum - (before?.last_price_sum ?? 0)) >>> 0,
    volume_sum: (after.volume_sum - (before?.volume_sum ?? 0)) >>> 0,
  };
}
