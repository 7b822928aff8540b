import { Ajv } from 'ajv';
import type { AsyncApiDocument } from '../../../src/http/asyncapi/document.ts';

/**
 * A copy in which objects may have the fields that are described and no others. The document itself
 * is open, so that clients made from it pass over fields of newer versions.
 */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) copy[name] = closed(child);
  if (copy['type'] === 'object' && 'properties' in copy) copy['additionalProperties'] = false;
  return copy;
}

/** Checks messages against a document, unknown fields included. */
export class MessageValidator {
  readonly #ajv = new Ajv({ strict: false, allErrors: true });

  constructor(document: AsyncApiDocument) {
    const { messages, schemas } = JSON.parse(JSON.stringify(document.components)) as {
      messages: Record<string, { payload: unknown; contentType: string }>;
      schemas: Record<string, unknown>;
    };
    const payloads = Object.entries(messages)
      .filter(([, { contentType }]) => contentType === 'application/json')
      .map(([name, { payload }]) => [name, { payload: closed(payload) }]);
    const components = {
      messages: Object.fromEntries(payloads) as object,
      schemas: closed(schemas),
    };
    this.#ajv.addSchema({ $id: 'asyncapi', components });
  }

  /** What is wrong with the message by the schema of its own type; empty: nothing. */
  problems(message: { type: string }): string[] {
    const validate = this.#ajv.getSchema(`asyncapi#/components/messages/${message.type}/payload`);
    if (validate === undefined) return [`${message.type} is not described`];
    if (validate(message) === true) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message: text, params }) =>
        `${message.type}${instancePath} ${text} ${JSON.stringify(params)}`,
    );
  }
}
