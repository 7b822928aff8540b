import Type from 'typebox';
import { problem } from '../problem.ts';
import { defineRoute, json, type Answer, type Route } from '../route.ts';

/** One condition of being ready. */
export interface ReadinessCheck {
  ok: boolean;
  /** False: callers get ticks without it too; the service is then `degraded`. */
  required: boolean;
  /** What is missing, or what there is. */
  detail?: string;
}

export interface Readiness {
  checks: Readonly<Record<string, ReadinessCheck>>;
}

/** What the service says of itself. */
export interface SystemStatus {
  /** False: only a restart helps. */
  live(): boolean;
  /** Whether callers get what they come for. */
  ready(): Readiness;
  /** True once everything has been started. */
  started(): boolean;
  /** Names and versions of the parts of this build. */
  version(): Readonly<Record<string, string>>;
  /** Metrics in the Prometheus text format. */
  metrics(): Promise<string>;
}

export interface SystemRoutesOptions {
  status: SystemStatus;
  /** In production metrics need a key. */
  production: boolean;
  /** Media type of `status.metrics()`. */
  metricsContentType: string;
}

const STATE = Type.Object({ status: Type.String() });

const CHECKS = Type.Record(
  Type.String(),
  Type.Object({
    ok: Type.Boolean(),
    required: Type.Boolean(),
    detail: Type.Optional(Type.String()),
  }),
);

/** 200 `ready` or `degraded`, or 503: then something that is required is missing. */
function readyAnswer({ checks }: Readiness): Answer {
  const missing = Object.entries(checks).filter(([, check]) => !check.ok);
  const blocking = missing.filter(([, { required }]) => required);
  if (blocking.length === 0) {
    return json({ status: missing.length === 0 ? 'ready' : 'degraded', checks });
  }
  const names = blocking.map(([name, { detail }]) =>
    detail === undefined ? name : `${name} (${detail})`,
  );
  const text = `Not ready: ${names.join(', ')}.`;
  return { ...problem('NOT_READY', text), extensions: { checks } };
}

function probeRoutes(status: SystemStatus): Route[] {
  const common = { method: 'GET', tag: 'system', access: 'public' } as const;
  return [
    defineRoute({
      ...common,
      path: '/livez',
      operationId: 'getLiveness',
      summary: 'Whether the service works at all; if not, restart it.',
      responses: { 200: { description: 'It is alive.', schema: STATE } },
      errors: ['NOT_READY'],
      handler: () =>
        status.live()
          ? json({ status: 'alive' })
          : problem('NOT_READY', 'The service does not work and needs a restart.'),
    }),
    defineRoute({
      ...common,
      path: '/startupz',
      operationId: 'getStartup',
      summary: 'Whether the service has started.',
      responses: { 200: { description: 'It has started.', schema: STATE } },
      errors: ['NOT_READY'],
      handler: () => (status.started() ? json({ status: 'started' }) : problem('NOT_READY')),
    }),
    defineRoute({
      ...common,
      path: '/readyz',
      operationId: 'getReadiness',
      summary: 'Whether callers get what they come for; if not, the checks say what is missing.',
      responses: {
        200: {
          description: 'It is ready; `degraded`: a part that ticks do without is missing.',
          schema: Type.Object({ status: Type.String(), checks: CHECKS }),
        },
      },
      errors: ['NOT_READY'],
      handler: () => readyAnswer(status.ready()),
    }),
  ];
}

/** /livez /startupz /readyz /version /metrics */
export function systemRoutes(options: SystemRoutesOptions): Route[] {
  const { status, production, metricsContentType } = options;
  return [
    ...probeRoutes(status),
    defineRoute({
      method: 'GET',
      path: '/version',
      operationId: 'getVersion',
      summary: 'Which build runs.',
      tag: 'system',
      access: 'public',
      responses: {
        200: { description: 'Versions.', schema: Type.Record(Type.String(), Type.String()) },
      },
      handler: () => json(status.version()),
    }),
    defineRoute({
      method: 'GET',
      path: '/metrics',
      operationId: 'getMetrics',
      summary: 'Metrics in the Prometheus text format.',
      tag: 'system',
      access: production ? 'metrics:read' : 'public',
      responses: { 200: { description: 'Metrics.', contentType: 'text/plain' } },
      handler: async () => ({
        status: 200,
        contentType: metricsContentType,
        body: await status.metrics(),
      }),
    }),
  ];
}
