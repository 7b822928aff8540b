import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as pricing from '../../../src/pricing/pricing.ts';

test('ticker-service/pricing exports exactly its documented interface', () => {
  assert.deepEqual(Object.keys(pricing).sort(), [
    'ALL_GREEKS_OUTPUTS',
    'CALL',
    'ChainColumns',
    'GREEKS_CHARM',
    'GREEKS_DELTA',
    'GREEKS_GAMMA',
    'GREEKS_OUTPUTS',
    'GREEKS_PRICE',
    'GREEKS_RHO',
    'GREEKS_STATUS',
    'GREEKS_STATUS_NAMES',
    'GREEKS_THETA',
    'GREEKS_VANNA',
    'GREEKS_VEGA',
    'GREEKS_VOLGA',
    'PARITY_STRIKES_MAX',
    'PRICING_MODEL',
    'PUT',
    'SMILE_POINTS_MIN',
    'SMILE_STATUS',
    'SMILE_STATUS_NAMES',
    'allGreeksColumns',
    'analyseChain',
    'black76AllGreeks',
    'black76Greeks',
    'blackPrice',
    'blackScholesMertonAllGreeks',
    'blackScholesMertonGreeks',
    'blackScholesMertonPrice',
    'butterflyArbitrage',
    'butterflyDensity',
    'calendarArbitrage',
    'emptyAnalytics',
    'emptySmile',
    'erfc',
    'erfcx',
    'fitSmile',
    'greeksColumns',
    'hasFiniteWings',
    'impliedForward',
    'impliedVolatility',
    'liquidityOf',
    'millsRatio',
    'normalCdf',
    'normalPdf',
    'optionGreeks',
    'parityForward',
    'smileVariance',
    'smileVolatility',
    'solveBlack76',
    'solveBlackScholesMerton',
    'solveColumns',
    'toWireUnits',
  ]);
});

test('the nine indices are distinct and cover a row of results', () => {
  const indices = [
    pricing.GREEKS_PRICE,
    pricing.GREEKS_DELTA,
    pricing.GREEKS_GAMMA,
    pricing.GREEKS_THETA,
    pricing.GREEKS_VEGA,
    pricing.GREEKS_RHO,
    pricing.GREEKS_VANNA,
    pricing.GREEKS_VOLGA,
    pricing.GREEKS_CHARM,
  ];
  assert.deepEqual(indices, [...indices.keys()]);
  assert.equal(indices.length, pricing.ALL_GREEKS_OUTPUTS);
  assert.equal(pricing.GREEKS_VANNA, pricing.GREEKS_OUTPUTS);
});
