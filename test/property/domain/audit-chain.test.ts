import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  AuditChainCheck,
  auditHash,
  type AuditHead,
  chainEvent,
  chainText,
  eventText,
  storableEvent,
} from '../../../src/domain/audit-chain.ts';
import type { AuditEvent, RecordedAuditEvent } from '../../../src/domain/storage.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const text = fc.string({ unit: 'binary', maxLength: 12 });
const events = fc.record<AuditEvent>({
  actor: text,
  action: text,
  subject: text,
  origin: text,
  detail: fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
});
const chains = fc
  .array(fc.record({ event: events, timeMs: fc.integer() }), { minLength: 1, maxLength: 8 })
  .map((given) => {
    let head: AuditHead | undefined;
    return given.map(({ event, timeMs }) => {
      const recorded = chainEvent(storableEvent(event), timeMs, head, sha256);
      head = recorded;
      return recorded;
    });
  });

/** Id of the first fault, or undefined. */
function firstFault(chain: readonly RecordedAuditEvent[]): number | undefined {
  const check = new AuditChainCheck(sha256);
  for (const event of chain) {
    const fault = check.next(event);
    if (fault !== undefined) return fault.id;
  }
  return undefined;
}

const FIELDS = [
  'id',
  'timeMs',
  'actor',
  'action',
  'subject',
  'origin',
  'detail',
  'previousHash',
  'hash',
] as const;

describe('the audit chain', () => {
  test('as recorded is right, and its head is the last event', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const check = new AuditChainCheck(sha256);
        for (const event of chain) assert.equal(check.next(event), undefined);
        assert.equal(check.head?.hash, chain.at(-1)?.hash);
      }),
    );
  });

  test('with any one field of any event changed is found broken no later than there', () => {
    const other = fc.oneof(text, fc.integer());
    fc.assert(
      fc.property(
        chains,
        fc.nat(),
        fc.constantFrom(...FIELDS),
        other,
        events,
        (chain, n, field, value, { detail }) => {
          const at = n % chain.length;
          const event = chain[at];
          assert.ok(event !== undefined);
          const changed = {
            id: typeof value === 'number' ? value : event.id + 1,
            timeMs: typeof value === 'number' ? value : event.timeMs + 1,
            detail: storableEvent({ ...event, detail }).detail,
          } as Record<string, unknown>;
          const forged = { ...event, [field]: changed[field] ?? String(value) };
          fc.pre(JSON.stringify(forged) !== JSON.stringify(event));
          fc.pre(field !== 'detail' || auditHash(forged, sha256) !== event.hash);
          const fault = firstFault(chain.with(at, forged));
          assert.ok(fault !== undefined);
          assert.ok(field === 'id' || fault === event.id);
        },
      ),
    );
  });

  test('with any character of any hash changed is found broken', () => {
    fc.assert(
      fc.property(chains, fc.nat(), fc.nat({ max: 63 }), fc.boolean(), (chain, n, place, own) => {
        const at = n % chain.length;
        const event = chain[at];
        assert.ok(event !== undefined);
        const name = own ? 'hash' : 'previousHash';
        const digit = event[name][place] === '0' ? '1' : '0';
        const hash = event[name].slice(0, place) + digit + event[name].slice(place + 1);
        assert.equal(firstFault(chain.with(at, { ...event, [name]: hash })), event.id);
      }),
    );
  });

  test('with an event missing, twice or moved is found broken; a cut tail needs the head', () => {
    fc.assert(
      fc.property(chains, fc.nat(), fc.nat(), (chain, n, m) => {
        const at = n % chain.length;
        const to = m % chain.length;
        const event = chain[at];
        assert.ok(event !== undefined);
        const without = chain.toSpliced(at, 1);
        if (at < chain.length - 1) assert.equal(firstFault(without), event.id);
        else assert.equal(firstFault(without), undefined);
        assert.notEqual(firstFault(chain.toSpliced(to, 0, event)), undefined);
        if (to !== at) assert.notEqual(firstFault(without.toSpliced(to, 0, event)), undefined);
      }),
    );
  });

  test('with an event recomputed in place is found broken at the next one', () => {
    fc.assert(
      fc.property(chains, events, fc.nat(), (chain, event, n) => {
        fc.pre(chain.length > 1);
        const at = n % (chain.length - 1);
        const forged = chainEvent(storableEvent(event), 0, chain[at - 1], sha256);
        fc.pre(forged.hash !== chain[at]?.hash);
        assert.equal(firstFault(chain.with(at, forged)), at + 2);
      }),
    );
  });
});

describe('what is hashed', () => {
  test('does not depend on the order in which details come back', () => {
    fc.assert(
      fc.property(chains, ([event]) => {
        assert.ok(event !== undefined);
        const reversed = Object.fromEntries(Object.entries(event.detail).reverse());
        assert.equal(firstFault([{ ...event, detail: reversed }]), undefined);
      }),
    );
  });

  test('is what a database can keep: no NUL, no half characters, whole numbers', () => {
    const { actor, detail } = storableEvent({
      actor: 'a\0b\uD800c\u{1F600}',
      action: '',
      subject: '',
      origin: '',
      detail: { half: 0.5, whole: 7, gone: undefined, list: ['\uDC00', 1e300], ['__proto__']: 1 },
    });
    assert.equal(actor, 'a\uFFFDb\uFFFDc\u{1F600}');
    assert.equal(
      JSON.stringify(detail),
      '{"half":"0.5","whole":7,"list":["\uFFFD","1e+300"],"__proto__":1}',
    );
  });

  test('is the same however the event is brought into its form', () => {
    const odd = fc.constantFrom(
      undefined,
      NaN,
      -0,
      0.5,
      2 ** 60,
      new Date(0),
      '\uD800',
      '\u{1F600}',
    );
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), odd, fc.array(odd));
    const details = fc.dictionary(text, fc.oneof(value, fc.dictionary(text, value)));
    fc.assert(
      fc.property(events, details, (named, detail) => {
        const event = { ...named, detail };
        const inOnePass = chainText(eventText(event), 1, undefined, sha256);
        assert.equal(inOnePass.hash, chainEvent(storableEvent(event), 1, undefined, sha256).hash);
      }),
    );
  });

  test('keeps fields apart', () => {
    const event = { action: 'a', origin: '', detail: {} };
    const one = chainEvent({ ...event, actor: 'x', subject: 'yz' }, 1, undefined, sha256);
    const two = chainEvent({ ...event, actor: 'xy', subject: 'z' }, 1, undefined, sha256);
    assert.notEqual(one.hash, two.hash);
  });

  test('is this, for ever: a changed encoding would break every record', () => {
    const event = {
      actor: 'cli:root',
      action: 'key.created',
      subject: 'key_a',
      origin: 'host',
      detail: { scopes: ['ticks:read'], b: null, a: 1 },
    };
    const recorded = chainEvent(event, 1_790_000_000_000, undefined, (encoded) => encoded);
    assert.equal(
      recorded.hash,
      `["ticker-audit-1","${'0'.repeat(64)}",1,1790000000000,"cli:root","key.created","key_a",` +
        '"host",{"a":1,"b":null,"scopes":["ticks:read"]}]',
    );
  });
});
