import { GREEKS_STATUS } from '../../../src/domain/status.ts';
import type { ChainRequest, ClientMessage } from '../../../src/wire/messages.ts';
import { UNDEFINED_GREEKS, type RawTick } from '../wire/sample-tick.ts';
import type { FakeClient, FakeContract } from './fake-service.ts';

export const EXPIRY = '2026-12-01';
export const SPOT_SYMBOL = 'NSE:NIFTY 50';
export const SPOT_TOKEN = 256265;
export const FORWARD = 24_060;
const STEP = 50;

/** Contracts of a chain around 24,050: tokens 1000.. by strike, calls even, puts odd. */
export function chainContracts(strikes: number, chain: ChainRequest): FakeContract[] {
  const contracts: FakeContract[] = [];
  for (let index = 0; index <= strikes * 2; index += 1) {
    const strike = 24_050 + (index - strikes) * STEP;
    for (const [offset, type] of ['CE', 'PE'].entries()) {
      contracts.push({
        request: { ...chain, expiry: EXPIRY },
        ok: true,
        token: (strike - 20_000) * 2 + offset,
        symbol: `NFO:NIFTY26D01${strike}${type}`,
        type,
        strike,
        expiry: EXPIRY,
        lot_size: 65,
        price_divisor: 100,
      });
    }
  }
  return contracts;
}

export const SPOT_CONTRACT: FakeContract = {
  request: SPOT_SYMBOL,
  ok: true,
  token: SPOT_TOKEN,
  symbol: SPOT_SYMBOL,
  type: 'INDEX',
  strike: null,
  expiry: null,
  lot_size: 1,
  price_divisor: 100,
};

/** A tick of a contract; `count` is its instrument sequence and moves the price. */
export function contractTick(
  contract: FakeContract,
  count: number,
  changes: RawTick = {},
): RawTick {
  const { strike, type, token } = contract;
  const intrinsic = Math.max(0, (type === 'CE' ? 1 : -1) * (FORWARD - (strike ?? 0)));
  const price = Math.round((intrinsic + 100) * 100) + count * 5;
  const wing = ((strike ?? FORWARD) - FORWARD) / FORWARD;
  return {
    instrumentToken: token,
    flags: 8,
    sequenceLow: count,
    sequenceHigh: 0,
    instrumentSequence: count,
    lastPrice: price,
    oi: 1_250_000 + token,
    volume: 1_000 * count,
    forward: FORWARD,
    iv: 0.12 + wing * wing * 40,
    delta: (type === 'CE' ? 0.5 : -0.5) - wing * 8,
    levels: [
      [price - 5, 65, 1],
      ...Array.from({ length: 4 }, () => [0, 0, 0] as const),
      [price + 5, 130, 2],
      ...Array.from({ length: 4 }, () => [0, 0, 0] as const),
    ],
    ...changes,
  };
}

export function spotTick(count: number, changes: RawTick = {}): RawTick {
  return {
    instrumentToken: SPOT_TOKEN,
    flags: 8,
    sequenceLow: count,
    sequenceHigh: 0,
    instrumentSequence: count,
    lastPrice: 2_403_505,
    close: 2_390_000,
    segment: 9,
    ...UNDEFINED_GREEKS,
    status: GREEKS_STATUS.NOT_AN_OPTION,
    ...changes,
  };
}

/** Answers like a service that has one chain, with snapshots. Unknown underlyings are refused. */
export function answerWithChain(client: FakeClient, message: ClientMessage): void {
  if (message.type === 'unsubscribe') {
    client.say({ id: message.id, type: 'unsubscribed', results: [] });
    return;
  }
  if (message.type !== 'subscribe') return;
  const { id, chain, instruments = [] } = message;
  if (chain === undefined) {
    const results = instruments.map((request) =>
      request === SPOT_SYMBOL
        ? SPOT_CONTRACT
        : { request, ok: false as const, code: 'UNKNOWN_INSTRUMENT' },
    );
    client.say({ id, type: 'subscribed', results });
    if (instruments.includes(SPOT_SYMBOL)) client.sendTicks('quote', [spotTick(1, { flags: 9 })]);
  } else if (chain.underlying !== 'NIFTY') {
    client.say({ type: 'error', id, code: 'UNKNOWN_UNDERLYING', detail: chain.underlying });
  } else {
    const contracts = chainContracts(typeof chain.strikes === 'number' ? chain.strikes : 20, chain);
    client.say({ id, type: 'subscribed', results: contracts });
    client.sendTicks(
      'compact',
      contracts.map((contract) => contractTick(contract, 1, { flags: 9 })),
    );
  }
}
