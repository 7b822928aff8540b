import type { Method, Route } from './route.ts';

/** A path that exists: its routes by method, and the values of its parameters. */
export interface Match<Entry> {
  methods: ReadonlyMap<Method, Entry>;
  params: Readonly<Record<string, string>>;
}

interface PathNode<Entry> {
  segments: readonly string[];
  methods: Map<Method, Entry>;
}

function isParameter(segment: string): boolean {
  return segment.startsWith('{') && segment.endsWith('}');
}

/**
 * Finds routes by path. Paths without parameters win; a parameter takes one segment, decoded.
 * Throws RangeError for two routes with one method and path.
 */
export class Router<Entry> {
  readonly #exact = new Map<string, PathNode<Entry>>();
  readonly #patterns: PathNode<Entry>[] = [];

  add(route: Pick<Route, 'method' | 'path'>, entry: Entry): void {
    const node = this.#node(route.path);
    if (node.methods.has(route.method)) {
      throw new RangeError(`two routes for ${route.method} ${route.path}`);
    }
    node.methods.set(route.method, entry);
  }

  /** Undefined: no such path. Throws URIError for a path with malformed escapes. */
  match(path: string): Match<Entry> | undefined {
    const exact = this.#exact.get(path);
    if (exact) return { methods: exact.methods, params: {} };
    const segments = path.split('/');
    for (const { segments: pattern, methods } of this.#patterns) {
      if (pattern.length !== segments.length) continue;
      const params = matchSegments(pattern, segments);
      if (params) return { methods, params };
    }
    return undefined;
  }

  #node(path: string): PathNode<Entry> {
    const known =
      this.#exact.get(path) ?? this.#patterns.find((node) => node.segments.join('/') === path);
    if (known) return known;
    const segments = path.split('/');
    const node: PathNode<Entry> = { segments, methods: new Map() };
    if (segments.some(isParameter)) this.#patterns.push(node);
    else this.#exact.set(path, node);
    return node;
  }
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (!isParameter(expected)) {
      if (segment !== expected) return undefined;
    } else if (segment === '') {
      return undefined;
    } else {
      params[expected.slice(1, -1)] = decodeURIComponent(segment);
    }
  }
  return params;
}
