import { AwsError, type AwsFields, textField } from './aws-error.ts';

/** The operation of AWS Secrets Manager that the service uses. */
export class SecretsManagerService {
  readonly #region: string;
  readonly #secrets = new Map<string, string | Uint8Array>();

  constructor(region: string) {
    this.#region = region;
  }

  /** Returns the ARN. */
  put(name: string, value: string | Uint8Array): string {
    this.#secrets.set(name, value);
    return this.#arn(name);
  }

  answer(operation: string, fields: AwsFields): AwsFields {
    if (operation !== 'GetSecretValue') throw new AwsError('UnknownOperationException', operation);
    const id = textField(fields, 'SecretId');
    for (const [name, value] of this.#secrets) {
      if (id !== name && id !== this.#arn(name)) continue;
      const content =
        typeof value === 'string'
          ? { SecretString: value }
          : { SecretBinary: Buffer.from(value).toString('base64') };
      return { ARN: this.#arn(name), Name: name, VersionStages: ['AWSCURRENT'], ...content };
    }
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the secret.");
  }

  #arn(name: string): string {
    return `arn:aws:secretsmanager:${this.#region}:111122223333:secret:${name}-AbCdEf`;
  }
}
