/**
 * The tick: what a ring slot, a row of the last-value table and a `Tick` in a frame have in common.
 * Little-endian. The same bytes as struct `Tick` in schemas/tick.fbs, which explains the fields.
 *
 * Each constant is an index into the typed view named by its suffix, relative to the slot's start:
 * byte offset = index x element size.
 *
 * Tick slot, 320 bytes
 *  off size type field                 section, unit, sentinel
 *    0    4 u32  instrument_token      Quote
 *    4    4 u32  flags                 TICK_FLAG bits
 *    8    4 u32  sequence_low          ring position, 64 bits in two words
 *   12    4 u32  sequence_high
 *   16    8 f64  receive_time          epoch us
 *   24    4 u32  instrument_sequence   from 1, rising by one
 *   28    4 u32  merged                ticks merged into this one
 *   32    4 u32  exchange_timestamp    epoch s, 0 absent, all ones undefined
 *   36    4 u32  last_trade_time       epoch s, 0 absent, all ones undefined
 *   40    4 u32  last_price            1/price_divisor rupees
 *   44    4 u32  last_quantity         units; all ones undefined, as all below
 *   48    4 u32  average_price         1/price_divisor rupees
 *   52    4 u32  volume                units, of the day
 *   56    4 u32  total_buy_quantity    units
 *   60    4 u32  total_sell_quantity   units
 *   64    4 u32  open                  1/price_divisor rupees
 *   68    4 u32  high                  1/price_divisor rupees
 *   72    4 u32  low                   1/price_divisor rupees
 *   76    4 u32  close                 1/price_divisor rupees, previous session
 *   80    4 i32  change                as sent in index packets; -2^31 undefined
 *   84    4 u32  oi                    units
 *   88    4 u32  oi_day_high           units
 *   92    4 u32  oi_day_low            units
 *   96    4 u32  price_divisor         100, 10^4 or 10^7
 *  100    1 u8   segment               low byte of the token
 *  101    1 u8   mode                  MODE of the packet
 *  102    2 u16  packet_length         bytes: 8, 28, 32, 44, 184
 *  104    4 u32  greeks_sequence_low   Greeks: position of the quote they belong to
 *  108    4 u32  greeks_sequence_high
 *  112    1 u8   greeks_status         GREEKS_STATUS
 *  113    1 u8   forward_source        FORWARD_SOURCE
 *  114    1 u8   model                 PRICING_MODEL
 *  115    1 u8   quality               QUALITY bits
 *  116    4 f32  time_to_expiry        years, Act/365; FLT_MAX undefined
 *  120    8 f64  forward               rupees; DBL_MAX undefined, as all below
 *  128    8 f64  iv                    fraction
 *  136    8 f64  delta                 per unit of underlying price
 *  144    8 f64  gamma                 per unit of underlying price, squared
 *  152    8 f64  theta                 rupees per calendar day
 *  160    8 f64  vega                  rupees per percentage point
 *  168    8 f64  rho                   rupees per percentage point
 *  176    4 f32  iv_bid                fraction; FLT_MAX undefined
 *  180    4 f32  iv_ask                fraction
 *  184    4 f32  iv_own                fraction
 *  188    4 i32  greeks_state          state word, see greeks-section.ts
 *  192  120 raw  depth                 Depth: levels of 5 bids, then of 5 asks, best first
 *  312    8 raw  reserved              zero
 *
 * Depth level, 12 bytes
 *  off size type field     unit
 *    0    4 u32  price     1/price_divisor rupees
 *    4    4 u32  quantity  units
 *    8    2 u16  orders
 *   10    2 u16  padding   as the broker sends it
 */
export const TICK_SLOT_BYTES = 320;
export const QUOTE_BYTES = 104;
export const GREEKS_OFFSET_BYTES = 104;
export const GREEKS_BYTES = 88;
export const DEPTH_OFFSET_BYTES = 192;
export const DEPTH_BYTES = 120;
export const DEPTH_LEVELS = 5;
export const DEPTH_LEVEL_BYTES = 12;

export const TICK_INSTRUMENT_TOKEN_U32 = 0;
export const TICK_FLAGS_U32 = 1;
export const TICK_SEQUENCE_LOW_U32 = 2;
export const TICK_SEQUENCE_HIGH_U32 = 3;
export const TICK_RECEIVE_TIME_F64 = 2;
export const TICK_INSTRUMENT_SEQUENCE_U32 = 6;
export const TICK_MERGED_U32 = 7;
export const TICK_EXCHANGE_TIMESTAMP_U32 = 8;
export const TICK_LAST_TRADE_TIME_U32 = 9;
export const TICK_LAST_PRICE_U32 = 10;
export const TICK_LAST_QUANTITY_U32 = 11;
export const TICK_AVERAGE_PRICE_U32 = 12;
export const TICK_VOLUME_U32 = 13;
export const TICK_TOTAL_BUY_QUANTITY_U32 = 14;
export const TICK_TOTAL_SELL_QUANTITY_U32 = 15;
export const TICK_OPEN_U32 = 16;
export const TICK_HIGH_U32 = 17;
export const TICK_LOW_U32 = 18;
export const TICK_CLOSE_U32 = 19;
export const TICK_CHANGE_I32 = 20;
export const TICK_OI_U32 = 21;
export const TICK_OI_DAY_HIGH_U32 = 22;
export const TICK_OI_DAY_LOW_U32 = 23;
export const TICK_PRICE_DIVISOR_U32 = 24;
export const TICK_SEGMENT_U8 = 100;
export const TICK_MODE_U8 = 101;
export const TICK_PACKET_LENGTH_U16 = 51;

export const TICK_GREEKS_SEQUENCE_LOW_U32 = 26;
export const TICK_GREEKS_SEQUENCE_HIGH_U32 = 27;
export const TICK_GREEKS_STATUS_U8 = 112;
export const TICK_FORWARD_SOURCE_U8 = 113;
export const TICK_MODEL_U8 = 114;
export const TICK_QUALITY_U8 = 115;
export const TICK_TIME_TO_EXPIRY_F32 = 29;
export const TICK_FORWARD_F64 = 15;
export const TICK_IV_F64 = 16;
export const TICK_DELTA_F64 = 17;
export const TICK_GAMMA_F64 = 18;
export const TICK_THETA_F64 = 19;
export const TICK_VEGA_F64 = 20;
export const TICK_RHO_F64 = 21;
export const TICK_IV_BID_F32 = 44;
export const TICK_IV_ASK_F32 = 45;
export const TICK_IV_OWN_F32 = 46;
export const TICK_GREEKS_STATE_I32 = 47;

/** First depth word: bid 0 price. Level n of side s (0 bid, 1 ask): + (s x 5 + n) x 3 words. */
export const TICK_DEPTH_U32 = 48;
