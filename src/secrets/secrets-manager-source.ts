import type * as awsModule from '@aws-sdk/client-secrets-manager';
import { TickerError } from '../domain/error-codes.ts';
import { registerArrival } from '../telemetry/redaction.ts';
import { type AwsOptions, awsClientSettings, awsErrorName, withinLimit } from './aws-call.ts';
import type { SecretSource } from './secret-sources.ts';

interface Connected {
  aws: typeof awsModule;
  client: awsModule.SecretsManagerClient;
}

const ARN = /^arn:[^:]+:secretsmanager:([^:]+):/;

function failure(reason: string): TickerError {
  return new TickerError('SECRET_SOURCE', reason);
}

/** `<name or ARN>#<field>`: neither of the first two can contain a #. */
function splitName(name: string): { secretId: string; field: string | undefined } {
  const hash = name.indexOf('#');
  if (hash < 0) return { secretId: name, field: undefined };
  return { secretId: name.slice(0, hash), field: name.slice(hash + 1) };
}

/** The text in `field` of the JSON object `text`; errors do not quote it. */
function jsonField(text: string, field: string): string {
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch {
    throw failure('the secret is not JSON');
  }
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, field)) {
    throw failure(`the secret has no field ${JSON.stringify(field)}`);
  }
  const value = (object as Record<string, unknown>)[field];
  if (typeof value !== 'string') throw failure(`the field ${JSON.stringify(field)} is no text`);
  return value;
}

/**
 * Secrets of AWS Secrets Manager, by `<name or ARN>[#field of a JSON secret]`; the current version.
 * Needs the permission secretsmanager:GetSecretValue. Each secret is fetched once.
 */
export class SecretsManagerSource implements SecretSource {
  readonly scheme = 'aws-secrets-manager';
  readonly #options: AwsOptions;
  readonly #texts = new Map<string, Promise<string>>();
  readonly #clients = new Map<string, Promise<Connected>>();

  /** Throws TickerError CONFIG_INVALID for an unsafe address. Connects at the first secret. */
  constructor(options: AwsOptions) {
    this.#options = options;
    this.#settings(undefined);
  }

  async read(name: string): Promise<string> {
    const { secretId, field } = splitName(name);
    if (secretId === '' || field === '') throw failure('the reference is incomplete');
    const known = this.#texts.get(secretId);
    const text = known ?? this.#fetch(secretId);
    this.#texts.set(secretId, text);
    return field === undefined ? await text : jsonField(await text, field);
  }

  close(): void {
    for (const connected of this.#clients.values()) {
      connected.then(
        ({ client }) => client.destroy(),
        () => undefined,
      );
    }
    this.#clients.clear();
    this.#texts.clear();
  }

  async #fetch(secretId: string): Promise<string> {
    // A secret named by its ARN is asked for where it is.
    const region = ARN.exec(secretId)?.[1] ?? this.#options.region;
    try {
      const { aws, client } = await this.#connected(region);
      const command = new aws.GetSecretValueCommand({ SecretId: secretId });
      const answer = await withinLimit(this.#options.clock, (abortSignal) =>
        client.send(command, { abortSignal }),
      );
      const text = answer.SecretString ?? textOf(answer.SecretBinary);
      if (text === undefined) throw failure('the secret is no text');
      registerArrival(text);
      return text;
    } catch (error) {
      if (error instanceof TickerError) throw error;
      throw failure(`GetSecretValue: ${awsErrorName(error)}`);
    }
  }

  #settings(region: string | undefined): ReturnType<typeof awsClientSettings> {
    return awsClientSettings({ ...this.#options, region }, 'TICKER_SECRETS_MANAGER_URL');
  }

  #connected(region: string | undefined): Promise<Connected> {
    const key = region ?? '';
    const connected = this.#clients.get(key) ?? this.#connect(region);
    this.#clients.set(key, connected);
    return connected;
  }

  async #connect(region: string | undefined): Promise<Connected> {
    const aws = await import('@aws-sdk/client-secrets-manager');
    return { aws, client: new aws.SecretsManagerClient(this.#settings(region)) };
  }
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
