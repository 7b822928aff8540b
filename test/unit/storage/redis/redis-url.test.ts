import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRedisUrl } from '../../../../src/storage/redis/redis-url.ts';

const PLAIN = {
  host: 'cache.example',
  port: 6379,
  username: undefined,
  password: undefined,
  database: 0,
  tls: false,
};

const GOOD = {
  'redis://cache.example': PLAIN,
  'redis://cache.example/': PLAIN,
  'redis://cache.example:7000/3': { ...PLAIN, port: 7000, database: 3 },
  'rediss://cache.example': { ...PLAIN, tls: true },
  'redis://:p%40ss%2Fword@cache.example': { ...PLAIN, password: 'p@ss/word' },
  'redis://ticker:secret@cache.example': { ...PLAIN, username: 'ticker', password: 'secret' },
  'redis://[2001:db8::7]:6380': { ...PLAIN, host: '2001:db8::7', port: 6380 },
};

describe('the URL of Redis', () => {
  for (const [url, server] of Object.entries(GOOD)) {
    test(url, () => assert.deepEqual(parseRedisUrl(url), server));
  }

  for (const url of [
    '',
    'cache.example',
    'http://cache.example',
    'redis://',
    'redis://cache.example/three',
    'redis://cache.example/1/2',
    'redis://cache.example?family=6',
    'redis://:a%b@cache.example',
  ]) {
    test(`${JSON.stringify(url)} is refused without being repeated`, () => {
      assert.throws(
        () => parseRedisUrl(url),
        ({ code, message }: { code: string; message: string }) =>
          code === 'CONFIG_INVALID' &&
          !message.includes('cache.example') &&
          !message.includes('a%b'),
      );
    });
  }
});
