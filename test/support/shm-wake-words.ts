/** Words of the shared array; each sleeper acknowledges in its own word from ACK_WORD on. */
export const BALL_WORD = 0;
export const BALL_WAKE_WORD = 1;
export const BALL_SLEEP_WORD = 2;
export const ACK_WAKE_WORD = 3;
export const ACK_SLEEP_WORD = 4;
export const ACK_WORD = 5;
export const WAKE_WORDS = 16;
