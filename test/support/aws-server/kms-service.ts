import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { AwsError, type AwsFields, textField } from './aws-error.ts';

const ACCOUNT = '111122223333';
const ALGORITHM = 'aes-256-gcm';
const DATA_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const UUID_BYTES = 36;

interface MasterKey {
  arn: string;
  material: Buffer;
  enabled: boolean;
}

/** Same bytes for the same pairs in any order. */
function contextBytes(fields: AwsFields): Buffer {
  const context = (fields['EncryptionContext'] ?? {}) as Record<string, string>;
  return Buffer.from(JSON.stringify(Object.entries(context).sort()));
}

/** The operations of AWS KMS that the service uses, with real keys that live as long as this. */
export class KmsService {
  readonly region: string;
  readonly #keys = new Map<string, MasterKey>();
  readonly #aliases = new Map<string, string>();

  constructor(region: string) {
    this.region = region;
  }

  /** Returns the ARN of a new key. */
  createKey(alias?: string): string {
    const id = randomUUID();
    const arn = `arn:aws:kms:${this.region}:${ACCOUNT}:key/${id}`;
    this.#keys.set(id, { arn, material: randomBytes(DATA_KEY_BYTES), enabled: true });
    if (alias !== undefined) this.#aliases.set(alias, id);
    return arn;
  }

  moveAlias(alias: string, arn: string): void {
    this.#aliases.set(alias, this.#find(arn).id);
  }

  setEnabled(keyId: string, enabled: boolean): void {
    this.#find(keyId).key.enabled = enabled;
  }

  answer(operation: string, fields: AwsFields): AwsFields {
    switch (operation) {
      case 'GenerateDataKey':
        return this.#generateDataKey(fields);
      case 'Decrypt':
        return this.#decrypt(fields);
      case 'DescribeKey': {
        const { id, key } = this.#find(textField(fields, 'KeyId'));
        return { KeyMetadata: { KeyId: id, Arn: key.arn, Enabled: key.enabled } };
      }
      default:
        throw new AwsError('UnknownOperationException', operation);
    }
  }

  #generateDataKey(fields: AwsFields): AwsFields {
    const { id, key } = this.#findEnabled(textField(fields, 'KeyId'));
    if (textField(fields, 'KeySpec') !== 'AES_256') {
      throw new AwsError('ValidationException', 'KeySpec');
    }
    const plaintext = randomBytes(DATA_KEY_BYTES);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, key.material, nonce);
    cipher.setAAD(contextBytes(fields));
    const encrypted = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    const blob = Buffer.concat([Buffer.from(id), nonce, cipher.getAuthTag(), encrypted]);
    return {
      KeyId: key.arn,
      Plaintext: plaintext.toString('base64'),
      CiphertextBlob: blob.toString('base64'),
    };
  }

  #decrypt(fields: AwsFields): AwsFields {
    const blob = Buffer.from(textField(fields, 'CiphertextBlob'), 'base64');
    const made = this.#keys.get(blob.toString('latin1', 0, UUID_BYTES));
    if (made === undefined) throw new AwsError('InvalidCiphertextException', 'no such key');
    if (fields['KeyId'] !== undefined) {
      const { key } = this.#findEnabled(textField(fields, 'KeyId'));
      if (key !== made) throw new AwsError('IncorrectKeyException', 'made by another key');
    }
    const nonceEnd = UUID_BYTES + NONCE_BYTES;
    try {
      const nonce = blob.subarray(UUID_BYTES, nonceEnd);
      const decipher = createDecipheriv(ALGORITHM, made.material, nonce);
      decipher.setAAD(contextBytes(fields));
      decipher.setAuthTag(blob.subarray(nonceEnd, nonceEnd + TAG_BYTES));
      const encrypted = blob.subarray(nonceEnd + TAG_BYTES);
      const plaintext = Buffer.concat([decipher.update(encrypted), decipher.final()]);
      return { KeyId: made.arn, Plaintext: plaintext.toString('base64') };
    } catch {
      throw new AwsError('InvalidCiphertextException', 'not authentic');
    }
  }

  #findEnabled(keyId: string): { id: string; key: MasterKey } {
    const found = this.#find(keyId);
    if (found.key.enabled) return found;
    throw new AwsError('DisabledException', `${found.key.arn} is disabled.`);
  }

  /** By id, ARN, alias or ARN of an alias. */
  #find(keyId: string): { id: string; key: MasterKey } {
    const name = keyId.replace(`arn:aws:kms:${this.region}:${ACCOUNT}:`, '');
    const id = this.#aliases.get(name) ?? name.replace(/^key\//, '');
    const key = this.#keys.get(id);
    if (key === undefined) throw new AwsError('NotFoundException', `Key '${keyId}' does not exist`);
    return { id, key };
  }
}
