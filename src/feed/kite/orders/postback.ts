import { createHash, timingSafeEqual } from 'node:crypto';
import type { BrokerOrderRow } from '../../../domain/order-broker.ts';
import { TickerError } from '../../../domain/error-codes.ts';
import { ShapeError } from '../rest-answers.ts';
import { parseObject } from './classify.ts';
import { readOrderRow } from './order-rows.ts';

/**
 * The order of a postback, whose raw body is signed with the app's secret: its checksum is
 * sha256hex(order_id + order_timestamp + api_secret) over the texts as they came. Throws
 * TickerError POSTBACK_REFUSED.
 */
export function readPostback(body: string, account: string, apiSecret: string): BrokerOrderRow {
  const payload = parseObject(body);
  if (payload === undefined) throw refused('it is not a JSON object');
  const { order_id: orderId, order_timestamp: orderTime, checksum } = payload;
  const isComplete =
    typeof orderId === 'string' && typeof orderTime === 'string' && typeof checksum === 'string';
  // With an empty secret everybody could sign.
  if (!isComplete || apiSecret === '') throw refused('it is not signed');
  const expected = createHash('sha256').update(`${orderId}${orderTime}${apiSecret}`).digest('hex');
  if (!isEqual(checksum, expected)) throw refused('its checksum is not right');
  try {
    return readOrderRow(payload, account);
  } catch (error) {
    if (error instanceof ShapeError) throw refused(error.message);
    throw error;
  }
}

function refused(why: string): TickerError {
  return new TickerError('POSTBACK_REFUSED', `The postback is refused: ${why}.`);
}

/** In a time that does not depend on where the texts differ. */
function isEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
