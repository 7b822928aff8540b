import Type from 'typebox';
import {
  FORWARD_SOURCE_NAMES,
  GREEKS_STATUS_NAMES,
  SMILE_STATUS_NAMES,
} from '../../domain/status.ts';
import type { ChainMessage, ChainRequest, LegLiquidity, SmileObject } from '../../wire/messages.ts';
import { count, message, nameOf, numberOrNull, part, shared } from './message-schema.ts';
import { QUALITY_NAMES } from './tick-schema.ts';

export const SMILE = part<SmileObject>()(
  Type.Object(
    {
      status: nameOf(SMILE_STATUS_NAMES, 'The parameters are null unless OK or ARBITRAGE.'),
      a: numberOrNull('Parameter of raw SVI.'),
      b: numberOrNull('Parameter of raw SVI.'),
      rho: numberOrNull('Parameter of raw SVI.'),
      m: numberOrNull('Parameter of raw SVI.'),
      sigma: numberOrNull('Parameter of raw SVI.'),
      rms_error_points: numberOrNull('Fitted less quoted volatility, percentage points.'),
      points: count('Options fitted.'),
    },
    { description: 'A fitted smile in raw SVI form.' },
  ),
);

export const LEG_LIQUIDITY = part<LegLiquidity>()(
  Type.Object(
    {
      token: count("The broker's token."),
      spread: numberOrNull('Rupees.'),
      spread_percent: numberOrNull('Percent of the mid.'),
      mid: numberOrNull('Rupees.'),
      microprice: numberOrNull('Rupees.'),
      imbalance_percent: numberOrNull('100: bids alone, -100: asks alone.'),
      book_pressure: numberOrNull('-1 to 1.'),
      impact_100: numberOrNull('Rupees above the mid that buying 100 units costs on average.'),
      impact_500: numberOrNull('Rupees above the mid that buying 500 units costs on average.'),
      score: Type.Number({ minimum: 0, maximum: 100 }),
      tier: nameOf(['HIGH', 'MEDIUM', 'LOW', 'ILLIQUID'], 'By the score.'),
    },
    { description: 'How well an option can be traded; null: its book does not say.' },
  ),
);

export const CHAIN = message<ChainMessage>()(
  'What the options of a chain say together, about once a second; to subscribers of the chain.',
  Type.Object({
    type: Type.Literal('chain'),
    chain: shared<ChainRequest>('ChainRequest'),
    time: Type.Number({ description: 'Microseconds since the Unix epoch.' }),
    status: nameOf(GREEKS_STATUS_NAMES, 'OK, or why the chain has no volatilities.'),
    forward: numberOrNull('Rupees.'),
    forward_source: nameOf(FORWARD_SOURCE_NAMES, 'Where the forward came from.'),
    quality: QUALITY_NAMES,
    time_to_expiry: Type.Number({ description: 'Years.' }),
    atm_volatility: numberOrNull('Fraction.'),
    smile: shared<SmileObject>('Smile'),
    risk_reversal_25: numberOrNull('Fraction.'),
    butterfly_25: numberOrNull('Fraction.'),
    put_call_oi: numberOrNull('Ratio.'),
    put_call_volume: numberOrNull('Ratio.'),
    max_pain: numberOrNull('Rupees.'),
    gamma_exposure: numberOrNull('Rupees a move of 1 %.'),
    liquidity: Type.Array(shared<LegLiquidity>('LegLiquidity')),
  }),
  {
    type: 'chain',
    chain: { underlying: 'NIFTY', expiry: '2026-12-01', strikes: 10 },
    time: 1_790_000_000_000_000,
    status: 'OK',
    forward: 24_060.1,
    forward_source: 'PARITY',
    quality: [],
    time_to_expiry: 0.0156,
    atm_volatility: 0.121,
    smile: {
      status: 'OK',
      a: 0.0001,
      b: 0.004,
      rho: -0.3,
      m: 0.01,
      sigma: 0.02,
      rms_error_points: 0.05,
      points: 42,
    },
    risk_reversal_25: -0.012,
    butterfly_25: 0.004,
    put_call_oi: 1.1,
    put_call_volume: 0.9,
    max_pain: 24_000,
    gamma_exposure: 1_250_000,
    liquidity: [
      {
        token: 12_345_602,
        spread: 0.1,
        spread_percent: 0.08,
        mid: 123.45,
        microprice: 123.46,
        imbalance_percent: 12.5,
        book_pressure: 0.1,
        impact_100: 0.05,
        impact_500: null,
        score: 75.9,
        tier: 'MEDIUM',
      },
    ],
  },
);
