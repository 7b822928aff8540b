import { TickerError } from '../domain/error-codes.ts';
import type { RecordedAuditEvent } from '../domain/storage.ts';
import {
  type AuditReport,
  listAuditEvents,
  verifyAuditLog,
} from '../storage/postgres/audit-log.ts';
import type { Command } from './command.ts';
import { parseOptions, wholeNumber } from './options.ts';
import { openStores } from './open-stores.ts';
import { printTable } from './table.ts';

const HELP = `Usage: ticker audit <verify|list> [options]

The record of what happened to keys, accounts and credentials: who, what, when, from where.

  verify           check that no event was changed, taken out, put in or moved; prints how many
                   there are, the times of the first and the last, and the hash of the last (the
                   head). Exit code 1 and AUDIT_BROKEN with the first wrong event otherwise
    --head HASH          also check that a head printed earlier is still there, so that a record
                         that was cut off at its end is found
  list             the latest events, the newest first
    --limit N            how many (50)
    --subject ID         only those about this order, key or account

  --json           print JSON`;

const LIST_DEFAULT = '50';
const LIST_MAX = 100_000;

export const auditCommand: Command = {
  summary: 'the record of key and account changes: verify, list',
  help: HELP,
  run: (args) => audit(args),
};

async function audit(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(
    'audit',
    args,
    {
      head: { type: 'string' },
      limit: { type: 'string' },
      subject: { type: 'string' },
      json: { type: 'boolean' },
    },
    { min: 1, max: 1 },
  );
  const [action = ''] = positionals;
  const { head, limit = LIST_DEFAULT, subject, json = false } = values;
  if (action !== 'verify' && action !== 'list') throw usage(`no action ${JSON.stringify(action)}`);
  if (head !== undefined) requireHash(head);
  const count = wholeNumber('limit', limit, 1, LIST_MAX);
  const stores = await openStores();
  try {
    if (action === 'verify') return showReport(await verifyAuditLog(stores.database, head), json);
    showEvents(await listAuditEvents(stores.database, count, subject), json);
    return 0;
  } finally {
    await stores.close();
  }
}

function usage(detail: string): TickerError {
  return new TickerError('USAGE', `${detail}; see: ticker audit --help`);
}

function requireHash(text: string): void {
  if (!/^[0-9a-f]{64}$/.test(text)) throw usage('--head must be the hash that verify has printed');
}

function showReport(report: AuditReport, json: boolean): number {
  const { count, firstMs, lastMs, head, fault } = report;
  const iso = (timeMs: number | null): string | null =>
    timeMs === null ? null : new Date(timeMs).toISOString();
  if (json) {
    const times = { count, first: iso(firstMs), last: iso(lastMs), head };
    const broken = fault && { code: 'AUDIT_BROKEN', row: fault.id, detail: fault.detail };
    console.log(JSON.stringify({ ok: fault === undefined, ...times, ...broken }));
    return fault === undefined ? 0 : 1;
  }
  if (fault !== undefined) throw new TickerError('AUDIT_BROKEN', fault.detail);
  printTable(
    ['events', String(count)],
    [
      ['first', iso(firstMs) ?? ''],
      ['last', iso(lastMs) ?? ''],
      ['head', head ?? ''],
    ],
  );
  return 0;
}

function showEvents(events: readonly RecordedAuditEvent[], json: boolean): void {
  const shown = events.map(({ id, timeMs, actor, action, subject, origin, detail, hash }) => ({
    id,
    time: new Date(timeMs).toISOString(),
    actor,
    action,
    subject,
    origin,
    detail,
    hash,
  }));
  if (json) {
    console.log(JSON.stringify(shown));
    return;
  }
  printTable(
    ['id', 'time', 'actor', 'action', 'subject', 'origin', 'detail'],
    shown.map(({ id, time, actor, action, subject, origin, detail }) => [
      String(id),
      time,
      actor,
      action,
      subject,
      origin,
      JSON.stringify(detail),
    ]),
  );
}
