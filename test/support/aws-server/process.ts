/**
 * The AWS server as a process of its own: `node process.js [port]`. Prints `ready <json>` with the
 * environment variables for the service, TICKER_KMS_KEY_ID among them; then obeys lines of JSON on
 * standard input and answers each with a line: `{"fail":{..},"times":n}`,
 * `{"secret":{"name","value"}}`, `{"rotate":true}` (a new key under the alias).
 */
import { createInterface } from 'node:readline';
import { type AwsFault, AwsServer } from './aws-server.ts';

const ALIAS = 'alias/ticker';

interface Order {
  fail?: AwsFault;
  times?: number;
  secret?: { name: string; value: string };
  rotate?: boolean;
}

const server = new AwsServer();
await server.listen(Number(process.argv[2] ?? 0));
server.kms.createKey(ALIAS);
const environment = { ...server.environment(), TICKER_KMS_KEY_ID: ALIAS };
console.log(`ready ${JSON.stringify(environment)}`);

for await (const line of createInterface({ input: process.stdin })) {
  const { fail, times, secret, rotate } = JSON.parse(line) as Order;
  if (fail !== undefined) server.fail(fail, times);
  if (secret !== undefined) server.secretsManager.put(secret.name, secret.value);
  if (rotate === true) server.kms.createKey(ALIAS);
  console.log('done');
}
await server.close();
