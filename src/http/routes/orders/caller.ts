import type { Principal } from '../../../domain/access.ts';
import type { PlainCall } from '../../../domain/order-service.ts';
import type { RouteRequest } from '../../route.ts';

/** What of a request says who asks. */
export type CallerRequest = Pick<
  RouteRequest<unknown, unknown, unknown>,
  'principal' | 'clientAddress' | 'requestId'
>;

/** Who asks. Throws if the route is open to everybody, which none with a caller may be. */
export function principalOf({ principal }: CallerRequest): Principal {
  if (principal === undefined) throw new Error('a public route asks who is calling');
  return principal;
}

export function plainCall(request: CallerRequest): PlainCall {
  const { requestId, clientAddress } = request;
  return { principal: principalOf(request), requestId, origin: clientAddress };
}
