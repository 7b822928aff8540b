import { text as readAll } from 'node:stream/consumers';
import { TickerError } from '../domain/error-codes.ts';
import type { StoredSetting } from '../domain/storage.ts';
import { reEncrypt, type ReEncryptionReport } from '../secrets/re-encryption.ts';
import { StoredSecrets } from '../secrets/stored-secrets.ts';
import { recordAuditEvent } from '../storage/postgres/audit-log.ts';
import { PostgresSettingStore } from '../storage/postgres/setting-store.ts';
import type { Command } from './command.ts';
import { localAuthor, openStores, type Stores } from './open-stores.ts';
import { parseOptions } from './options.ts';
import { printTable } from './table.ts';

const HELP = `Usage: ticker secrets <set|list|remove|re-encrypt> [NAME] [options]

Secrets of settings, kept encrypted in the database: TICKER_API_KEY=encrypted-store:NAME makes the
service take its key from there.

  set NAME         store the text on standard input (spaces and line ends around it are dropped),
                   in place of what was there
  list             names and keys; never the texts
  remove NAME      forget a secret
  re-encrypt       make every stored secret, those of accounts too, anew under the current key of
                   TICKER_KMS_KEY_ID; a running service does it by itself, within 10 minutes. Before
                   an old key is disabled, it must report nothing done and nothing failed

  --json           print JSON`;

export const secretsCommand: Command = {
  summary: 'secrets of settings: set, list, remove, re-encrypt',
  help: HELP,
  run: (args) => secrets(args),
};

const ACTIONS: Readonly<Record<string, { takesName: boolean; run: Action }>> = {
  set: { takesName: true, run: set },
  list: { takesName: false, run: list },
  remove: { takesName: true, run: remove },
  're-encrypt': { takesName: false, run: reEncryptAll },
};

/** Resolves with the exit code. */
type Action = (stores: Stores, name: string, json: boolean) => Promise<number>;

async function secrets(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(
    'secrets',
    args,
    { json: { type: 'boolean' } },
    { min: 1, max: 2 },
  );
  const [actionName = '', name] = positionals;
  const action = Object.hasOwn(ACTIONS, actionName) ? ACTIONS[actionName] : undefined;
  if (action === undefined) {
    const what = JSON.stringify(actionName);
    throw new TickerError('USAGE', `no action ${what}; see: ticker secrets --help`);
  }
  if (action.takesName !== (name !== undefined)) {
    const wants = action.takesName ? 'needs a name' : 'takes no name';
    throw new TickerError('USAGE', `secrets ${actionName} ${wants}; see: ticker secrets --help`);
  }
  const stores = await openStores();
  try {
    return await action.run(stores, name ?? '', values.json === true);
  } finally {
    await stores.close();
  }
}

function storedSecrets(stores: Stores): StoredSecrets {
  const store = new PostgresSettingStore(stores.database);
  return new StoredSecrets(store, stores.cipher(), stores.clock);
}

async function set(stores: Stores, name: string, json: boolean): Promise<number> {
  const text = (await readAll(process.stdin)).trim();
  if (text === '') throw new TickerError('USAGE', 'there is no text on standard input');
  const setting = await storedSecrets(stores).set(name, text, localAuthor());
  console.log(json ? JSON.stringify(shown(setting)) : `stored ${name}`);
  return 0;
}

async function list(stores: Stores, _name: string, json: boolean): Promise<number> {
  const settings = (await new PostgresSettingStore(stores.database).list()).map(shown);
  if (json) {
    console.log(JSON.stringify(settings));
    return 0;
  }
  printTable(
    ['name', 'updated', 'key'],
    settings.map(({ name, updated, key_id: keyId }) => [name, updated, keyId]),
  );
  return 0;
}

async function remove(stores: Stores, name: string, json: boolean): Promise<number> {
  await storedSecrets(stores).remove(name, localAuthor());
  console.log(json ? JSON.stringify({ name, removed: true }) : `removed ${name}`);
  return 0;
}

function shown({ name, keyId, updatedMs }: StoredSetting): {
  name: string;
  key_id: string;
  updated: string;
} {
  return { name, key_id: keyId, updated: new Date(updatedMs).toISOString() };
}

/** Exit code 1: some could not be read, and are named. */
async function reEncryptAll(stores: Stores, _name: string, json: boolean): Promise<number> {
  const { database, clock, accounts } = stores;
  const cipher = stores.cipher();
  const reports: ReEncryptionReport[] = [];
  for (const [subject, store] of [
    ['settings', new PostgresSettingStore(database)],
    ['accounts', accounts],
  ] as const) {
    const report = await reEncrypt(store, cipher);
    reports.push(report);
    if (report.done === 0) continue;
    const detail = { ...report, failed: report.failed.length };
    const event = { ...localAuthor(), action: 'credentials.reencrypted', subject, detail };
    await recordAuditEvent(database, event, Math.floor(clock.nowUs() / 1000));
  }
  const report = sumOf(reports);
  print(report, json);
  return report.failed.length === 0 ? 0 : 1;
}

function sumOf(reports: readonly ReEncryptionReport[]): ReEncryptionReport {
  return {
    keyId: reports.at(-1)?.keyId ?? '',
    done: reports.reduce((sum, { done }) => sum + done, 0),
    skipped: reports.reduce((sum, { skipped }) => sum + skipped, 0),
    failed: reports.flatMap(({ failed }) => failed),
  };
}

function print({ keyId, done, skipped, failed }: ReEncryptionReport, json: boolean): void {
  if (json) {
    const failures = failed.map(({ context, code, detail }) => ({ ...context, code, detail }));
    console.log(JSON.stringify({ key_id: keyId, done, skipped, failed: failures }));
    return;
  }
  console.log(`${done} made anew under ${keyId}, ${skipped} changed by others meanwhile`);
  for (const { context, code, detail } of failed) {
    console.error(`ticker: ${context.kind} ${context.id} ${context.field}: ${code}: ${detail}`);
  }
}
