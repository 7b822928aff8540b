import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { AwsError, type AwsFields } from './aws-error.ts';
import { KmsService } from './kms-service.ts';
import { SecretsManagerService } from './secrets-manager-service.ts';
import { type AwsIdentity, signatureError } from './signature.ts';

/** What goes wrong with a request instead of an answer. */
export type AwsFault =
  | { kind: 'error'; name: string; status?: number; message?: string }
  /** Connected, never answered. */
  | { kind: 'silence' }
  /** Headers and the first bytes, then nothing. */
  | { kind: 'half-answer' }
  | { kind: 'garbage' }
  /** A well-formed answer with other values in it. */
  | { kind: 'answer'; fields: AwsFields };

export interface AwsRequest {
  /** `GenerateDataKey`, `Decrypt`, ... */
  operation: string;
  fields: AwsFields;
}

const IDENTITY: AwsIdentity = {
  accessKeyId: 'TICKERTESTSERVER',
  secretAccessKey: createHash('sha256').update('ticker test server').digest('base64'),
};
const REGION = 'ap-south-1';
const SERVICES: Readonly<Record<string, 'kms' | 'secretsmanager'>> = {
  TrentService: 'kms',
  secretsmanager: 'secretsmanager',
};

/**
 * AWS KMS and Secrets Manager on this machine, by their own protocol (JSON 1.1, signatures
 * checked), with real cryptography and with faults.
 */
export class AwsServer {
  readonly identity = IDENTITY;
  readonly region = REGION;
  readonly kms = new KmsService(REGION);
  readonly secretsManager = new SecretsManagerService(REGION);
  /** Requests whose signature was right, in order. */
  readonly requests: AwsRequest[] = [];
  readonly #faults: AwsFault[] = [];
  readonly #onRequest = new Set<() => void>();
  readonly #server: Server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  /** http://127.0.0.1:port */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(port = 0): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** The next `times` requests meet this. */
  fail(fault: AwsFault, times = 1): void {
    for (let i = 0; i < times; i++) this.#faults.push(fault);
  }

  /** Resolves as soon as there have been `count` requests. */
  received(count: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.requests.length < count) return;
        this.#onRequest.delete(look);
        resolve();
      };
      this.#onRequest.add(look);
      look();
    });
  }

  /** Environment variables by which the AWS SDK finds its way here. */
  environment(): Record<string, string> {
    return {
      AWS_ACCESS_KEY_ID: this.identity.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.identity.secretAccessKey,
      AWS_REGION: this.region,
      TICKER_AWS_REGION: this.region,
      TICKER_KMS_URL: this.url,
      TICKER_SECRETS_MANAGER_URL: this.url,
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(request);
    try {
      const target = String(request.headers['x-amz-target']);
      const [prefix = '', operation = ''] = target.split('.');
      const service = SERVICES[prefix];
      if (service === undefined) throw new AwsError('UnknownOperationException', target);
      const { method = '', url: path = '', headers } = request;
      const problem = signatureError({ method, path, headers, body }, this.identity, service);
      if (problem !== undefined) throw new AwsError(problem, 'The request is not signed right.');
      const fields = JSON.parse(body) as AwsFields;
      this.requests.push({ operation, fields });
      for (const look of this.#onRequest) look();
      const fault = this.#faults.shift();
      if (fault !== undefined && this.#meet(fault, response)) return;
      const handler = service === 'kms' ? this.kms : this.secretsManager;
      answer(response, 200, handler.answer(operation, fields));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      answer(response, error.status, { __type: error.name, message: error.message });
    }
  }

  /** True: the fault has dealt with the request. */
  #meet(fault: AwsFault, response: ServerResponse): boolean {
    switch (fault.kind) {
      case 'error':
        throw new AwsError(fault.name, fault.message ?? 'as told', fault.status);
      case 'silence':
        return true;
      case 'half-answer':
        response.writeHead(200, { 'Content-Type': 'application/x-amz-json-1.1' });
        response.write('{"KeyId":');
        return true;
      case 'garbage':
        response.writeHead(200, { 'Content-Type': 'application/x-amz-json-1.1' });
        response.end('<html>not what you asked for</html>');
        return true;
      case 'answer':
        answer(response, 200, fault.fields);
        return true;
    }
  }
}

function answer(response: ServerResponse, status: number, fields: AwsFields): void {
  response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(fields));
}

/** A server for one test file or test, ended after it. */
export async function startAwsServer(t: {
  after(fn: () => Promise<void>): void;
}): Promise<AwsServer> {
  const server = new AwsServer();
  await server.listen();
  t.after(() => server.close());
  return server;
}
