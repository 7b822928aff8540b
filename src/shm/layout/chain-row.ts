/**
 * Row of the chain table: what the options of one underlying and expiry say together, written about
 * once a second by the Greeks worker that owns the chain, under a sequence lock. Rows have the
 * numbers of the chains in the instrument table. Undefined is DBL_MAX.
 *
 * Chain row, 192 bytes
 *  off size type field             unit
 *    0    8 f64  time              epoch us; 0 never written
 *    8    8 f64  forward           rupees
 *   16    8 f64  time_to_expiry    years, Act/365
 *   24    8 f64  atm_volatility    fraction
 *   32    8 f64  smile_a           raw SVI in total variance
 *   40    8 f64  smile_b
 *   48    8 f64  smile_rho
 *   56    8 f64  smile_m
 *   64    8 f64  smile_sigma
 *   72    8 f64  smile_error       root mean square, fraction
 *   80    8 f64  risk_reversal     25-delta call less put, fraction
 *   88    8 f64  butterfly         25-delta, fraction
 *   96    8 f64  put_call_oi       ratio
 *  104    8 f64  put_call_volume   ratio
 *  112    8 f64  max_pain          rupees
 *  120    8 f64  gamma_exposure    rupees a move of 1 %
 *  128    4 i32  lock              the chain's worker; odd while the row is being written
 *  132    1 u8   status            GREEKS_STATUS of the chain
 *  133    1 u8   forward_source    FORWARD_SOURCE
 *  134    1 u8   smile_status      SMILE_STATUS
 *  135    1 u8   quality           QUALITY bits
 *  136    4 u32  smile_points      options fitted
 *  140   52 raw  reserved
 */
export const CHAIN_ROW_BYTES = 192;
export const CHAIN_ROW_TIME_F64 = 0;
export const CHAIN_ROW_FORWARD_F64 = 1;
export const CHAIN_ROW_TIME_TO_EXPIRY_F64 = 2;
export const CHAIN_ROW_ATM_VOLATILITY_F64 = 3;
export const CHAIN_ROW_SMILE_A_F64 = 4;
export const CHAIN_ROW_SMILE_B_F64 = 5;
export const CHAIN_ROW_SMILE_RHO_F64 = 6;
export const CHAIN_ROW_SMILE_M_F64 = 7;
export const CHAIN_ROW_SMILE_SIGMA_F64 = 8;
export const CHAIN_ROW_SMILE_ERROR_F64 = 9;
export const CHAIN_ROW_RISK_REVERSAL_F64 = 10;
export const CHAIN_ROW_BUTTERFLY_F64 = 11;
export const CHAIN_ROW_PUT_CALL_OI_F64 = 12;
export const CHAIN_ROW_PUT_CALL_VOLUME_F64 = 13;
export const CHAIN_ROW_MAX_PAIN_F64 = 14;
export const CHAIN_ROW_GAMMA_EXPOSURE_F64 = 15;
export const CHAIN_ROW_LOCK_I32 = 32;
export const CHAIN_ROW_STATUS_U8 = 132;
export const CHAIN_ROW_FORWARD_SOURCE_U8 = 133;
export const CHAIN_ROW_SMILE_STATUS_U8 = 134;
export const CHAIN_ROW_QUALITY_U8 = 135;
export const CHAIN_ROW_SMILE_POINTS_U32 = 34;
