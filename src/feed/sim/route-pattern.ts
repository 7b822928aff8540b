/** What a fault's `route` covers: `/quote`, `GET /quote`, or everything without one. */
export interface RoutePattern {
  method: string | null;
  path: string | null;
}

export function routePattern(route: string | null): RoutePattern {
  const [first = null, second] = route === null ? [] : route.split(' ');
  return { method: second === undefined ? null : first, path: second ?? first };
}

/** Whether the pattern covers a request: its path and what lies under it. */
export function coversRoute(pattern: RoutePattern, method: string, path: string): boolean {
  return (
    (pattern.method === null || pattern.method === method) &&
    (pattern.path === null || pattern.path === path || path.startsWith(`${pattern.path}/`))
  );
}
