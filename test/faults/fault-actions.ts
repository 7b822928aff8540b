import type { DeliveryRun } from './delivery-run.ts';
import type { Fault } from './run-plan.ts';
import type { RunClient } from './run-client.ts';
import type { VirtualThread } from './virtual-thread.ts';

/** Does to a run what the fault says. */
export function applyFault(run: DeliveryRun, fault: Fault): void {
  const client = 'client' in fault ? run.clients[fault.client] : undefined;
  if (client !== undefined) applyToClient(run, client, fault);
  else applyToService(run, fault);
}

function applyToClient(run: DeliveryRun, client: RunClient, fault: Fault): void {
  const { reader } = client;
  switch (fault.kind) {
    case 'drop':
      run.network.linkOf(reader)?.cut(fault.halfOpen);
      return;
    case 'freeze':
      freeze(run, reader.thread, fault.forMs);
      return;
    case 'slow':
      reader.bytesPerMs = fault.bytesPerMs;
      run.clock.setTimeout(() => (reader.bytesPerMs = Infinity), fault.forMs);
      return;
    case 'flap':
      for (let i = 0; i < fault.times; i++) {
        run.clock.setTimeout(() => run.network.linkOf(reader)?.cut(), i * fault.everyMs);
      }
      return;
    case 'garbage':
      for (const text of fault.texts) run.network.linkOf(reader)?.clientSends(text);
      return;
    case 'change': {
      const { add, remove } = fault;
      const ended = remove === undefined ? undefined : client.plan.items[remove];
      reader.thread.run('message', () => {
        if (add !== undefined) client.subscribe(add);
        if (ended !== undefined) client.unsubscribe(ended);
      });
      return;
    }
    default:
  }
}

function applyToService(run: DeliveryRun, fault: Fault): void {
  const { service, broker, clock } = run;
  switch (fault.kind) {
    case 'clock-jump':
      clock.jump(fault.byMs);
      return;
    case 'market-move':
      broker.market.jump(null, fault.percent);
      return;
    case 'kill':
      if (service === undefined) return;
      run.service = undefined;
      service.kill();
      clock.setTimeout(() => run.startService(), fault.downMs);
      return;
    case 'publish-restart':
      if (fault.orderly) service?.publish?.fail();
      else service?.publish?.crash();
      return;
    case 'publish-freeze':
      freeze(run, service?.publish?.thread, fault.forMs);
      return;
    case 'ingest-restart':
      service?.ingest?.crash(fault.point, fault.ticks);
      return;
    case 'ingest-freeze':
      freeze(run, service?.ingest?.thread, fault.forMs);
      return;
    case 'greeks-restart':
      service?.greeks[fault.worker]?.crash();
      return;
    case 'greeks-freeze':
      freeze(run, service?.greeks[fault.worker]?.thread, fault.forMs);
      return;
    case 'ring-overrun': {
      const thread = service?.publish?.thread;
      if (thread === undefined || thread.isFrozen) return;
      thread.freeze();
      service?.burst(fault.ticks);
      thread.thaw();
      return;
    }
    case 'broker-drop':
      service?.ingest?.link.drop();
      return;
    case 'broker-garbage':
      service?.ingest?.link.garbage(Buffer.from(fault.hex, 'hex'));
      return;
    default:
  }
}

function freeze(run: DeliveryRun, thread: VirtualThread | undefined, forMs: number): void {
  if (thread === undefined || thread.isFrozen) return;
  thread.freeze();
  run.clock.setTimeout(() => thread.thaw(), forMs);
}
