import type * as kmsModule from '@aws-sdk/client-kms';
import { TickerError } from '../domain/error-codes.ts';
import { type AwsOptions, awsClientSettings, awsErrorName, withinLimit } from './aws-call.ts';
import { DATA_KEY_BYTES, type DataKey, type DataKeyProvider } from './data-key.ts';
import type { EncryptionContext } from './encryption-context.ts';
import { isStorableKey } from './envelope.ts';

export interface KmsOptions extends AwsOptions {
  /** Id, ARN, alias (`alias/name`) or ARN of an alias. */
  keyId: string;
}

interface Connected {
  kms: typeof kmsModule;
  client: kmsModule.KMSClient;
}

/** Of a key or of an alias; with its region. */
const ARN = /^arn:[^:]+:kms:([^:]+):/;
const KEY_ARN = /^arn:[^:]+:kms:[^:]+:[^:]*:key\/./;

/**
 * What AWS KMS answers when a data key was not made by the named key for the context, or when
 * there is no such key: asking again does not help.
 */
const UNREADABLE_NAMES: ReadonlySet<string> = new Set([
  'IncorrectKeyException',
  'InvalidArnException',
  'InvalidCiphertextException',
  'NotFoundException',
  'ValidationException',
]);

/**
 * Data keys of AWS KMS. Needs the permissions kms:GenerateDataKey, kms:Decrypt and kms:DescribeKey.
 * A key is known by the ARN that KMS answers, so that an alias which moves names another key.
 */
export class KmsProvider implements DataKeyProvider {
  readonly #options: KmsOptions;
  readonly #settings: ReturnType<typeof awsClientSettings>;
  #connected: Promise<Connected> | undefined;

  /** Throws TickerError CONFIG_INVALID for an unsafe address. Connects when it is first needed. */
  constructor(options: KmsOptions) {
    this.#options = options;
    const region = options.region ?? ARN.exec(options.keyId)?.[1];
    this.#settings = awsClientSettings({ ...options, region }, 'TICKER_KMS_URL');
  }

  async currentKeyId(): Promise<string> {
    const input = { KeyId: this.#options.keyId };
    const answer = await this.#call('DescribeKey', ({ kms, client }, abortSignal) =>
      client.send(new kms.DescribeKeyCommand(input), { abortSignal }),
    );
    const arn = answer.KeyMetadata?.Arn;
    if (arn === undefined || !KEY_ARN.test(arn)) throw unexpected('DescribeKey');
    return arn;
  }

  async generate(context: EncryptionContext): Promise<DataKey> {
    const input = {
      KeyId: this.#options.keyId,
      KeySpec: 'AES_256',
      EncryptionContext: { ...context },
    } as const;
    const answer = await this.#call('GenerateDataKey', ({ kms, client }, abortSignal) =>
      client.send(new kms.GenerateDataKeyCommand(input), { abortSignal }),
    );
    const { KeyId: keyId = '', Plaintext: plaintext, CiphertextBlob: wrapped } = answer;
    const isComplete = plaintext?.length === DATA_KEY_BYTES && wrapped !== undefined;
    if (!isComplete || !KEY_ARN.test(keyId) || !isStorableKey(keyId, wrapped)) {
      throw unexpected('GenerateDataKey');
    }
    return { plaintext, wrapped, keyId };
  }

  async unwrap(
    wrapped: Uint8Array,
    keyId: string,
    context: EncryptionContext,
  ): Promise<Uint8Array> {
    if (!KEY_ARN.test(keyId)) {
      throw new TickerError('SECRET_UNREADABLE', `${keyId} is not a key of AWS KMS`);
    }
    const input = { KeyId: keyId, CiphertextBlob: wrapped, EncryptionContext: { ...context } };
    const answer = await this.#call('Decrypt', ({ kms, client }, abortSignal) =>
      client.send(new kms.DecryptCommand(input), { abortSignal }),
    );
    if (answer.KeyId !== keyId || answer.Plaintext?.length !== DATA_KEY_BYTES) {
      throw unexpected('Decrypt');
    }
    return answer.Plaintext;
  }

  close(): void {
    this.#connected?.then(
      ({ client }) => client.destroy(),
      () => undefined,
    );
    this.#connected = undefined;
  }

  async #call<Answer>(
    operation: string,
    send: (connected: Connected, abortSignal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      const connected = await (this.#connected ??= this.#connect());
      return await withinLimit(this.#options.clock, (signal) => send(connected, signal));
    } catch (error) {
      const name = awsErrorName(error);
      const isUnreadable = operation === 'Decrypt' && UNREADABLE_NAMES.has(name);
      throw new TickerError(
        isUnreadable ? 'SECRET_UNREADABLE' : 'KEY_SERVICE',
        `AWS KMS ${operation}: ${name}`,
      );
    }
  }

  /** The SDK is slow to load, and whoever stores no secret does without. */
  async #connect(): Promise<Connected> {
    const kms = await import('@aws-sdk/client-kms');
    return { kms, client: new kms.KMSClient(this.#settings) };
  }
}

function unexpected(operation: string): TickerError {
  return new TickerError('KEY_SERVICE', `AWS KMS ${operation}: answered something unexpected`);
}
