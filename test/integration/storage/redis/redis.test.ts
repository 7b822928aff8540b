import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { ManualClock } from '../../../support/client/manual-clock.ts';
import { connectRedis } from '../../../support/redis-rig.ts';
import { redisUrl, TestRedis } from '../../../support/test-redis.ts';

const UNAVAILABLE = { code: 'REDIS_UNAVAILABLE' };
const PASSWORD = 'a-password-that-nobody-may-see';

test('runs commands once it is connected, and says in which state it is', async (t) => {
  const url = await redisUrl(t);
  if (url === undefined) return;
  const rig = connectRedis(t, url);
  assert.equal(rig.redis.state, 'connecting');
  await rig.reached('ready');
  assert.equal(await rig.redis.run('ECHO', 'hello'), 'hello');
  await rig.redis.close();
  assert.deepEqual(rig.states, ['ready', 'closed']);
  assert.deepEqual(rig.problems, []);
  await assert.rejects(rig.redis.run('ECHO', 'hello'), UNAVAILABLE);
});

test('a command without a connection is refused at once, not kept for later', async (t) => {
  const server = await TestRedis.start(t);
  if (server === undefined) return;
  const rig = connectRedis(t, server.url);
  await assert.rejects(rig.redis.run('SET', 'too-early', 1), UNAVAILABLE);
  await rig.reached('ready');
  assert.equal(await rig.redis.run('EXISTS', 'too-early'), 0);
});

test('closes while it cannot connect, and ends the process with nothing left', async (t) => {
  const server = await TestRedis.start(t);
  if (server === undefined) return;
  await server.kill();
  const rig = connectRedis(t, server.url);
  const problem = await rig.problem();
  assert.match(problem.message, /^REDIS_UNAVAILABLE: Redis at 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  await rig.redis.close();
  assert.equal(rig.redis.state, 'closed');
  const named = connectRedis(t, server.url.replace('127.0.0.1', 'localhost'));
  assert.match((await named.problem()).message, /Redis at localhost:\d+: .*ECONNREFUSED/);
});

test('an answer that refuses the command is an error without the connection being lost', async (t) => {
  const url = await redisUrl(t);
  if (url === undefined) return;
  const rig = connectRedis(t, url);
  await rig.reached('ready');
  await assert.rejects(rig.redis.run('NO-SUCH-COMMAND'), UNAVAILABLE);
  assert.equal(await rig.redis.run('ECHO', 'still here'), 'still here');
});

test('uses the database and the name by which an operator can tell it', async (t) => {
  const server = await TestRedis.start(t);
  if (server === undefined) return;
  const rig = connectRedis(t, `${server.url}/3`);
  await rig.reached('ready');
  assert.match(String(await rig.redis.run('CLIENT', 'INFO')), / name=ticker-commands .* db=3 /);
});

test('leaves a server that has become a replica, for the one that the name leads to', async (t) => {
  const server = await TestRedis.start(t);
  if (server === undefined) return;
  const rig = connectRedis(t, server.url);
  await rig.reached('ready');
  await rig.redis.run('REPLICAOF', '127.0.0.1', 1);
  await assert.rejects(rig.redis.run('SET', 'key', 1), { ...UNAVAILABLE, message: /READONLY/ });
  await rig.reached('reconnecting');
  await rig.reached('ready');
  await rig.redis.run('REPLICAOF', 'NO', 'ONE');
  assert.equal(await rig.redis.run('SET', 'key', 1), 'OK');
});

describe('when the server is killed', () => {
  test('what waits is rejected, and it connects again when the server is back', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const rig = connectRedis(t, server.url);
    await rig.reached('ready');
    server.pause();
    const waiting = rig.redis.run('ECHO', 'lost');
    const rejected = assert.rejects(waiting, {
      ...UNAVAILABLE,
      message: /the connection was lost before the answer/,
    });
    await server.kill();
    await rejected;
    await rig.reached('reconnecting');
    await server.restart();
    await rig.reached('ready');
    assert.equal(await rig.redis.run('ECHO', 'back'), 'back');
    assert.deepEqual(rig.states, ['ready', 'reconnecting', 'ready']);
    assert.equal(rig.redis.waiting, 0);
  });

  test('a command that was sent is not sent again', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const rig = connectRedis(t, server.url);
    await rig.reached('ready');
    server.pause();
    const rejected = assert.rejects(rig.redis.run('SET', 'sent-once', 1), UNAVAILABLE);
    await server.restart();
    await rejected;
    await rig.reached('ready');
    assert.equal(await rig.redis.run('EXISTS', 'sent-once'), 0);
  });
});

describe('when the server freezes', () => {
  test('commands end in time, the connection is given up, and it comes back', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const rig = connectRedis(t, server.url);
    await rig.reached('ready');
    server.pause();
    await assert.rejects(rig.redis.run('ECHO', 'frozen'), {
      ...UNAVAILABLE,
      message: /no answer came in time/,
    });
    await rig.reached('reconnecting');
    server.resume();
    await rig.reached('ready');
    assert.equal(await rig.redis.run('ECHO', 'thawed'), 'thawed');
  });

  test('an idle connection is tried, so that it is found', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const clock = new ManualClock();
    const rig = connectRedis(t, server.url, { clock });
    await rig.reached('ready');
    server.pause();
    clock.advance(5_000);
    await rig.reached('reconnecting');
  });

  test('no more than so many commands wait', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const rig = connectRedis(t, server.url, { waitingMax: 3 });
    await rig.reached('ready');
    server.pause();
    const waiting = [1, 2, 3].map((n) => assert.rejects(rig.redis.run('ECHO', n), UNAVAILABLE));
    assert.equal(rig.redis.waiting, 3);
    await assert.rejects(rig.redis.run('ECHO', 4), {
      ...UNAVAILABLE,
      message: /3 commands wait for it already/,
    });
    await Promise.all(waiting);
    assert.equal(rig.redis.waiting, 0);
    server.resume();
  });
});

describe('passwords', () => {
  test('the right one lets in', async (t) => {
    const server = await TestRedis.start(t, '--requirepass', PASSWORD);
    if (server === undefined) return;
    const rig = connectRedis(t, server.url.replace('//', `//:${PASSWORD}@`));
    await rig.reached('ready');
    assert.equal(await rig.redis.run('ECHO', 'in'), 'in');
  });

  test('a wrong one is told of and never shown', async (t) => {
    const server = await TestRedis.start(t, '--requirepass', 'another');
    if (server === undefined) return;
    const rig = connectRedis(t, server.url.replace('//', `//:${PASSWORD}@`));
    const problem = await rig.problem();
    assert.match(problem.message, /WRONGPASS/);
    await assert.rejects(rig.redis.run('ECHO', 1), UNAVAILABLE);
    for (const error of rig.problems) {
      const shown = inspect(error, { depth: null, showHidden: true });
      assert.ok(!shown.includes(PASSWORD), shown);
    }
  });
});

describe('subscriptions', () => {
  test('bring the messages of their channel', async (t) => {
    const url = await redisUrl(t);
    if (url === undefined) return;
    const rig = connectRedis(t, url);
    const channel = `test-${process.pid}`;
    const other = `${channel}-other`;
    const messages: string[] = [];
    await rig.reached('ready');
    await Promise.all(
      [channel, other].map(
        (name) =>
          new Promise<void>((listening) => {
            rig.redis.subscribe(name, (text) => messages.push(`${name} ${text}`), listening);
          }),
      ),
    );
    const last = new Promise<void>((resolve) => rig.redis.subscribe(other, () => resolve()));
    await rig.redis.run('PUBLISH', channel, 'one');
    await rig.redis.run('PUBLISH', other, 'two');
    await last;
    assert.deepEqual(messages, [`${channel} one`, `${other} two`]);
  });

  test('begin again after the server was away, and say so', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const rig = connectRedis(t, server.url);
    let listening = (): void => undefined;
    const begins = (): Promise<void> => new Promise((resolve) => (listening = resolve));
    let received = (_text: string): void => undefined;
    const first = begins();
    rig.redis.subscribe(
      'news',
      (text) => received(text),
      () => listening(),
    );
    await first;
    const second = begins();
    await server.restart();
    await second;
    await rig.reached('ready');
    const message = new Promise<string>((resolve) => (received = resolve));
    await rig.redis.run('PUBLISH', 'news', 'again');
    assert.equal(await message, 'again');
  });

  test('have a connection of their own: without it commands run, but not all is ready', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const rig = connectRedis(t, server.url);
    let begun = 0;
    rig.redis.subscribe(
      'news',
      () => undefined,
      () => (begun += 1),
    );
    await rig.reached('ready');
    assert.equal(await rig.redis.run('CLIENT', 'KILL', 'TYPE', 'pubsub'), 1);
    await rig.reached('reconnecting');
    assert.equal(await rig.redis.run('ECHO', 'meanwhile'), 'meanwhile');
    await rig.reached('ready');
    assert.equal(begun, 2);
  });

  test('begin again after the server was frozen', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const clock = new ManualClock();
    const rig = connectRedis(t, server.url, { clock });
    let listening = (): void => undefined;
    const begins = (): Promise<void> => new Promise((resolve) => (listening = resolve));
    const first = begins();
    rig.redis.subscribe(
      'news',
      () => undefined,
      () => listening(),
    );
    await Promise.all([first, rig.reached('ready')]);
    const second = begins();
    server.pause();
    clock.advance(5_000);
    await rig.reached('reconnecting');
    server.resume();
    await second;
  });

  test('made while there is no server begin when there is one', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    await server.kill();
    const rig = connectRedis(t, server.url);
    const begins = new Promise<void>((resolve) => {
      rig.redis.subscribe('news', () => undefined, resolve);
    });
    await rig.problem();
    await server.restart();
    await begins;
  });
});

describe('messages published together', () => {
  test('reach listeners in their order, and are counted', async (t) => {
    const url = await redisUrl(t);
    if (url === undefined) return;
    const heard: string[] = [];
    const listener = connectRedis(t, url);
    let count = (): void => undefined;
    const all = new Promise<void>((resolve) => {
      count = () => {
        if (heard.length === 1000) resolve();
      };
    });
    const channel = `test:together:${process.pid}`;
    await new Promise<void>((resolve) => {
      const onMessage = (text: string): void => {
        heard.push(text);
        count();
      };
      listener.redis.subscribe(channel, onMessage, resolve);
    });
    const rig = connectRedis(t, url);
    await rig.reached('ready');
    const messages = Array.from({ length: 1000 }, (_unused, i) => ({ channel, text: `${i}` }));
    assert.equal(await rig.redis.publish(messages), 1000);
    await all;
    assert.deepEqual(
      heard,
      messages.map(({ text }) => text),
    );
  });

  test('without a connection, or when it is lost, are refused and never sent again', async (t) => {
    const server = await TestRedis.start(t);
    if (server === undefined) return;
    const rig = connectRedis(t, server.url);
    const messages = [{ channel: 'c', text: '1' }];
    await assert.rejects(rig.redis.publish(messages), UNAVAILABLE);
    await rig.reached('ready');
    server.pause();
    const rejected = assert.rejects(rig.redis.publish(messages), UNAVAILABLE);
    await server.restart();
    await rejected;
    await rig.reached('ready');
    assert.match(String(await rig.redis.run('INFO', 'commandstats')), /^(?![^]*cmdstat_publish)/);
    await rig.redis.close();
    await assert.rejects(rig.redis.publish(messages), UNAVAILABLE);
  });
});
