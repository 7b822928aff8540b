import { AuditChainCheck } from '../../../src/domain/audit-chain.ts';
import { type IntentState, isTerminalStatus } from '../../../src/domain/intent-state.ts';
import type { BrokerOrder, OrderRecord } from '../../../src/domain/order-record.ts';
import type { OrderAnswer, OrderService } from '../../../src/domain/order-service.ts';
import type { RecordedAuditEvent } from '../../../src/domain/storage.ts';
import type { Asked, OrderClient } from './order-client.ts';
import type { OrderRun } from './order-run.ts';
import { OPERATOR } from './service-faults.ts';
import { sha256 } from './sha256.ts';

/** Codes of what was taken back before it was durable: the same request may come again. */
const NOT_TAKEN: ReadonlySet<string | null> = new Set(['JOURNAL_UNAVAILABLE', 'TIMEOUT']);

/**
 * What a refused order can be at the end. Absent: it was never sent, and a crash came before its
 * refusal was durable.
 */
const AFTER_REFUSAL: ReadonlySet<IntentState | null> = new Set<IntentState>([
  'REJECTED',
  'RESOLVED_ABSENT',
  'RESOLVED_PRESENT',
]);

/** What clients were told and can see, and whether the record of it is whole. */
export async function judgeClients(run: OrderRun): Promise<string[]> {
  const { service, journal, sent } = run.world;
  if (service === undefined) return [];
  const records = service.list(OPERATOR, {});
  const sentTags = new Set(sent.map(({ parameters }) => parameters.get('tag')));
  const perClient = run.clients.map(async (client) => [
    ...(await answers(client, service)),
    ...asMade(client, records, sentTags),
    ...(await foreign(client, service, records)),
  ]);
  return [...(await Promise.all(perClient)).flat(), ...audit(journal.events, records)];
}

/** Every answer stays true: its order is known for ever, and is one and the same. */
async function answers(client: OrderClient, service: OrderService): Promise<string[]> {
  const violations: string[] = [];
  for (const asked of client.asked) {
    const heard = asked.replies.flatMap(({ reply }) =>
      reply.kind === 'answer' ? [reply.answer] : [],
    );
    const ids = new Set(heard.map(idOf).filter((id) => id !== null));
    if (asked.kind === 'place' && ids.size > 1) {
      violations.push(`${asked.key} was told of ${[...ids].join(' and ')}`);
    }
    for (const id of ids) {
      const order = await service.get(client.principal, id).catch(() => undefined);
      if (order === undefined) violations.push(`${asked.key}: ${id} is not known any more`);
      else violations.push(...heard.flatMap((answer) => lies(asked, answer, order)));
    }
  }
  return violations;
}

function idOf(answer: OrderAnswer): string | null {
  return answer.kind === 'refused' ? answer.orderId : answer.order.id;
}

/** What was said to be done, or not to be done, and is not so at the end. */
function lies(asked: Asked, answer: OrderAnswer, order: OrderRecord): string[] {
  if (idOf(answer) !== order.id) return [];
  const what = `${asked.key}: ${asked.kind} of ${order.id} was said to be ${answer.kind}`;
  const isHere = order.brokerOrders.length > 0;
  if (asked.kind === 'place' || asked.kind === 'exit') {
    const isSelf = asked.kind === 'place' || order.id !== asked.orderId;
    if (answer.kind === 'done' && isSelf && !isHere) return [`${what}, and is nowhere`];
    const isRight = AFTER_REFUSAL.has(order.intentState);
    if (answer.kind === 'refused' && asked.kind === 'place' && !isRight) {
      return [`${what}, and is ${order.intentState}`];
    }
  }
  if (asked.kind !== 'cancel' || answer.kind !== 'done') return [];
  const isOver = cancelled(answer, order).every(({ status }) => isTerminalStatus(status));
  return isOver ? [] : [`${what}, and is open`];
}

/** Of a cover order one leg at a time: the second one protects what the first one has filled. */
function cancelled(answer: OrderAnswer, order: OrderRecord): readonly BrokerOrder[] {
  const operation = answer.kind === 'refused' ? null : answer.operation;
  if (order.terms.variety !== 'co' || operation === null) return order.brokerOrders;
  return order.brokerOrders.filter((each) => each.brokerOrderId === operation.brokerOrderId);
}

/** What was asked for once was made once. */
function asMade(
  client: OrderClient,
  records: readonly OrderRecord[],
  sentTags: ReadonlySet<string | null>,
): string[] {
  return client.asked.flatMap(({ kind, key, request, replies }) => {
    if (kind !== 'place' || request === null) return [];
    // The order that leaves a position has the tag of the one that made it.
    const wanted = JSON.stringify(request.terms);
    const made = records.filter(
      ({ clientTag, terms, keyId }) =>
        clientTag === key && keyId === client.principal.keyId && JSON.stringify(terms) === wanted,
    );
    // What was given up before it was durable, and then a crash left alone, was never sent.
    const sent = made.filter(
      ({ code, tag, intentState }) =>
        !NOT_TAKEN.has(code) && (sentTags.has(tag) || intentState !== 'RESOLVED_ABSENT'),
    );
    if (sent.length > 1) return [`${key} made ${sent.map(({ id }) => id).join(' and ')}`];
    const isAnswered = replies.some(({ reply }) => reply.kind === 'answer');
    const wrong = sent.find(({ account }) => account !== request.account);
    if (wrong !== undefined) return [`${key} was placed in ${wrong.account}`];
    return isAnswered && made.length === 0 && !isUnjournaled(replies) ? [`${key} is lost`] : [];
  });
}

function isUnjournaled(replies: Asked['replies']): boolean {
  return replies.every(
    ({ reply }) =>
      reply.kind !== 'answer' || (reply.answer.kind === 'refused' && reply.answer.orderId === null),
  );
}

/** A key sees and touches its own accounts alone. */
async function foreign(
  client: OrderClient,
  service: OrderService,
  records: readonly OrderRecord[],
): Promise<string[]> {
  const { principal } = client;
  const isForeign = ({ account }: { account: string }): boolean =>
    principal.accounts !== 'all' && !principal.accounts.has(account);
  const seen = [...service.list(principal, {}), ...service.trades(principal, {})].filter(isForeign);
  const violations = seen.slice(0, 1).map(({ account }) => `${principal.keyId} sees ${account}`);
  const other = records.find(isForeign);
  if (other === undefined) return violations;
  const got = await service.get(principal, other.id).catch(() => undefined);
  return got === undefined ? violations : [...violations, `${principal.keyId} gets ${other.id}`];
}

/** The chain is whole, and tells of every order what was decided before it was sent. */
function audit(events: readonly RecordedAuditEvent[], records: readonly OrderRecord[]): string[] {
  const check = new AuditChainCheck(sha256);
  const fault = events.map((event) => check.next(event)).find((found) => found !== undefined);
  const violations = fault === undefined ? [] : [`audit: ${fault.detail}`];
  const actions = new Map<string, string[]>();
  for (const { subject, action } of events) {
    actions.set(subject, [...(actions.get(subject) ?? []), action]);
  }
  for (const { id, intentState, sentUs, code } of records) {
    if (intentState === null || NOT_TAKEN.has(code)) continue;
    const told = actions.get(id) ?? [];
    const wanted = ['order.intent', 'order.decision', ...(sentUs === null ? [] : ['order.sent'])];
    const missing = wanted.filter((action) => !told.includes(action));
    if (missing.length > 0) violations.push(`audit: ${id} has no ${missing.join(', ')}`);
  }
  return violations;
}
