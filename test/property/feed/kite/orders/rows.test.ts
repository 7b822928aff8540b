import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { istDate } from '../../../../../src/domain/calendar.ts';
import { TickerError } from '../../../../../src/domain/error-codes.ts';
import { changeForm, placementForm } from '../../../../../src/feed/kite/orders/order-form.ts';
import {
  readOrderRow,
  readPositions,
  readTrades,
} from '../../../../../src/feed/kite/orders/order-rows.ts';
import { readPostback } from '../../../../../src/feed/kite/orders/postback.ts';
import { ShapeError } from '../../../../../src/feed/kite/rest-answers.ts';
import { brokerRow, shareTerms } from '../../../../support/feed/kite/order-samples.ts';

/** The sample row with some of its fields replaced by anything. */
const oddRow = fc
  .dictionary(fc.constantFrom(...Object.keys(brokerRow())), fc.jsonValue(), { maxKeys: 6 })
  .map((rest) => brokerRow(rest));

function onlyShapeErrors(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
  }
}

test('whatever a row holds, it is read or refused by its shape', () => {
  fc.assert(
    fc.property(fc.oneof(oddRow, fc.jsonValue()), (row) => {
      onlyShapeErrors(() => {
        const read = readOrderRow(row, 'A1');
        assert.equal(typeof read.brokerOrderId, 'string');
        for (const value of Object.values(read)) assert.notEqual(value, undefined);
      });
      onlyShapeErrors(() => readTrades([row], 'A1'));
      onlyShapeErrors(() => readPositions({ net: [row] }));
      onlyShapeErrors(() => readPositions(row));
    }),
    { numRuns: 1_000 },
  );
});

test('an IST time is the instant that it names, wherever the service runs', () => {
  const times = fc.date({
    min: new Date('2015-01-01T00:00:00Z'),
    max: new Date('2060-01-01T00:00:00Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(times, (date) => {
      const epochS = Math.floor(date.getTime() / 1000);
      const ist = new Date((epochS + 19_800) * 1000).toISOString();
      assert.equal(istDate(epochS * 1000), ist.slice(0, 10));
      const text = `${ist.slice(0, 10)} ${ist.slice(11, 19)}`;
      assert.equal(readOrderRow(brokerRow({ order_timestamp: text }), 'A1').orderTimeS, epochS);
    }),
  );
});

test('without the secret no postback is taken, whatever it holds', () => {
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({ checksum: fc.string() }).map((rest) => JSON.stringify(brokerRow(rest))),
  );
  fc.assert(
    fc.property(body, (given) => {
      assert.throws(
        () => readPostback(given, 'A1', 'secret-1'),
        (error) => error instanceof TickerError && error.code === 'POSTBACK_REFUSED',
      );
    }),
  );
});

const rupees = fc.integer({ min: 1, max: 1e9 }).map((paise) => paise / 100);

test('what is put into a form comes out of it', () => {
  const text = fc.string({ minLength: 1, unit: 'grapheme' });
  fc.assert(
    fc.property(text, rupees, fc.integer({ min: 1, max: 1e9 }), (symbol, price, quantity) => {
      const terms = shareTerms({ tradingsymbol: symbol, priceRupees: price, quantity });
      const form = new URLSearchParams(placementForm(terms, 'TAG'));
      assert.equal(form.get('tradingsymbol'), symbol);
      assert.equal(Number(form.get('price')), price);
      assert.match(form.get('price') ?? '', /^\d+(?:\.\d+)?$/);
      assert.equal(form.get('quantity'), String(quantity));
      const change = new URLSearchParams(changeForm({ triggerPriceRupees: price }, null));
      assert.deepEqual([...change.keys()], ['trigger_price']);
    }),
  );
});
