import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What a caller signs with. */
export interface AwsIdentity {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface SignedRequest {
  method: string;
  /** Without a query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

const AUTHORIZATION = new RegExp(
  '^AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/([^/]+)/([^/]+)/aws4_request, ' +
    'SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$',
);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

function headerText(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).trim().replace(/ +/g, ' ');
}

/** Checks an AWS Signature Version 4; undefined: it is right, else AWS's name of the error. */
export function signatureError(
  { method, path, headers, body }: SignedRequest,
  { accessKeyId, secretAccessKey }: AwsIdentity,
  service: string,
): string | undefined {
  const match = AUTHORIZATION.exec(headers.authorization ?? '');
  if (match === null) return 'MissingAuthenticationTokenException';
  const [, id, date = '', region = '', signedService, names = '', signature = ''] = match;
  if (id !== accessKeyId) return 'UnrecognizedClientException';
  const time = headerText(headers, 'x-amz-date');
  const signed = names.split(';');
  if (signedService !== service || !time.startsWith(date)) return 'IncompleteSignatureException';
  if (!['host', 'x-amz-date', 'x-amz-target'].every((name) => signed.includes(name))) {
    return 'IncompleteSignatureException';
  }
  const canonical = [
    method,
    path,
    '',
    ...signed.map((name) => `${name}:${headerText(headers, name)}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const parts = [date, region, service, 'aws4_request'];
  const key = parts.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const expected = hmac(key, toSign);
  return timingSafeEqual(expected, Buffer.from(signature, 'hex'))
    ? undefined
    : 'InvalidSignatureException';
}
