import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { Ajv, type AnySchema } from 'ajv';
import Type from 'typebox';
import { ERRORS } from '../../../src/domain/error-codes.ts';
import { checkMessage, isRefusal } from '../../../src/fanout/client-message.ts';
import { CLOSE_CODES } from '../../../src/http/asyncapi/close-codes.ts';
import { message } from '../../../src/http/asyncapi/message-schema.ts';
import { RECORDS } from '../../../src/http/asyncapi/records.ts';
import { REQUESTS } from '../../../src/http/asyncapi/requests.ts';
import { streamDocument } from '../../support/http/market-document.ts';
import { MessageValidator } from '../../support/http/message-validator.ts';
import { readRepositoryText } from '../../support/repository-files.ts';

/* As it is served: plain JSON data. */
const document = JSON.parse(JSON.stringify(streamDocument())) as ReturnType<typeof streamDocument>;

/** The schema that the AsyncAPI project publishes for documents of version 3.1. */
function officialSchema(): AnySchema {
  const path = '@asyncapi/specs/schemas/3.1.0-without-$id.json';
  return JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve(path), 'utf8'),
  ) as AnySchema;
}

// Its formats are checked by nobody: `uri` and the like do not occur in the document.
const isAsyncApi = new Ajv({ strict: false, validateFormats: false }).compile(officialSchema());

function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    name === '$ref' ? [child as string] : references(child),
  );
}

function resolve(pointer: string): unknown {
  const names = pointer.replace(/^#\//, '').split('/');
  return names.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document);
}

describe('the document', () => {
  test('is what the official schema of AsyncAPI 3.1 calls valid', () => {
    assert.ok(isAsyncApi(document), JSON.stringify(isAsyncApi.errors?.slice(0, 3)));
  });

  test('would not be with a part that AsyncAPI does not have, or without one that it needs', () => {
    assert.equal(isAsyncApi({ ...document, info: undefined }), false);
    assert.equal(isAsyncApi({ ...document, asyncapi: '3.0.0' }), false);
    const operations = { ping: { action: 'answer', channel: { $ref: '#/channels/ticks' } } };
    assert.equal(isAsyncApi({ ...document, operations }), false);
    assert.equal(isAsyncApi({ ...document, closeCodes: [] }), false);
  });

  test('names only what it has', () => {
    const all = references(document);
    assert.ok(all.length > 50);
    assert.deepEqual(
      all.filter((pointer) => resolve(pointer) === undefined),
      [],
    );
  });

  test('has every message of the wire in an operation', () => {
    const wire = [...Object.keys(RECORDS), ...Object.keys(REQUESTS)];
    const described = Object.keys(document.components.messages).filter((name) => {
      return name !== 'TickFrame';
    });
    assert.deepEqual(described.sort(), wire.sort());
    const used = new Set(references(document['operations']));
    for (const name of described) assert.ok(used.has(`#/channels/ticks/messages/${name}`), name);
  });

  test('has the close codes of docs/PROTOCOL.md, and every error code', () => {
    const page = readRepositoryText('docs/PROTOCOL.md').split('## Close codes')[1] ?? '';
    const codes = [...page.matchAll(/^\| (\d{4}) /gm)].map(([, code]) => Number(code));
    assert.deepEqual(
      CLOSE_CODES.map(({ code }) => code),
      codes,
    );
    assert.deepEqual(document['x-error-codes'], ERRORS);
  });
});

describe('messages', () => {
  const validator = new MessageValidator(document);
  const examples = Object.values(document.components.messages).flatMap(({ examples: list = [] }) =>
    list.map(({ payload }) => payload as { type: string }),
  );

  test('of the examples follow their own descriptions', () => {
    assert.ok(examples.length > 10);
    for (const example of examples) assert.deepEqual(validator.problems(example), []);
  });

  test('with a field that is not described, without one or with another type are found', () => {
    for (const example of examples) {
      const more = { ...example, surprise: 1 };
      assert.notDeepEqual(validator.problems(more), [], example.type);
      for (const name of Object.keys(example)) {
        const wrong = { ...example, [name]: { not: 'this' } };
        assert.notDeepEqual(validator.problems(wrong), [], `${example.type} ${name}`);
      }
      const { payload } = document.components.messages[example.type]!;
      for (const name of (payload as { required: string[] }).required) {
        if (name === 'type') continue;
        const without = Object.fromEntries(Object.entries(example).filter(([n]) => n !== name));
        const problems = validator.problems({ ...without, type: example.type });
        assert.notDeepEqual(problems, [], `${example.type} without ${name}`);
      }
    }
    assert.deepEqual(validator.problems({ type: 'surprise' }), ['surprise is not described']);
  });

  test('of clients as in the examples are accepted by the service', () => {
    for (const { example } of Object.values(REQUESTS)) {
      assert.ok(!isRefusal(checkMessage(JSON.stringify(example))), example.type);
    }
  });

  test('whose schema and type differ do not compile', () => {
    type Pong = { id: number; type: 'pong'; note?: string };
    const id = Type.Number();
    const type = Type.Literal('pong');
    const note = Type.Optional(Type.String());
    const example: Pong = { id: 1, type: 'pong' };
    const definitions = [
      message<Pong>()('', Type.Object({ id, type, note }), example),
      // @ts-expect-error: an optional field is missing
      message<Pong>()('', Type.Object({ id, type }), example),
      // @ts-expect-error: there is one too many
      message<Pong>()('', Type.Object({ id, type, note, more: note }), example),
      // @ts-expect-error: a type is another
      message<Pong>()('', Type.Object({ id: note, type, note }), example),
    ];
    assert.equal(definitions.length, 4);
  });
});
