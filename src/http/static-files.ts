import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { TickerError } from '../domain/error-codes.ts';
import { defineRoute, type Reply, type Route } from './route.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.map': 'application/json',
};

/** May be kept, but is asked for again every time, so that a new version is seen at once. */
const CACHE_CONTROL = 'no-cache';

/** A body that changes only with the program, with its entity tag. */
export interface StaticContent {
  contentType: string;
  body: string | Uint8Array;
  etag: string;
}

export function staticContent(contentType: string, body: string | Uint8Array): StaticContent {
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return { contentType, body, etag: `"${hash}"` };
}

/** Whether an If-None-Match header names this entity tag. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

export function staticReply(content: StaticContent, ifNoneMatch: string | undefined): Reply {
  const headers = { ETag: content.etag, 'Cache-Control': CACHE_CONTROL };
  if (isKnown(ifNoneMatch, content.etag)) return { status: 304, body: '', headers };
  return { status: 200, contentType: content.contentType, body: content.body, headers };
}

function pathsOf(file: string): string[] {
  const path = `/${file.split(sep).join('/')}`;
  if (path === '/index.html') return ['/', path];
  return path.endsWith('/index.html') ? [path.slice(0, -'index.html'.length), path] : [path];
}

/**
 * Routes for the files below `directory`, read now and served from memory: nothing that a request
 * says ever becomes a file name. `index.html` also answers for its folder. Throws TickerError
 * CONFIG_FILE when there is no `index.html`, or a file has a type that is not known.
 */
export function staticFileRoutes(directory: string): Route[] {
  let files: string[];
  try {
    files = readdirSync(directory, { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
      .sort();
  } catch (error) {
    throw new TickerError('CONFIG_FILE', `the pages in ${directory} cannot be read`, {
      cause: error,
    });
  }
  if (!files.includes('index.html')) {
    throw new TickerError('CONFIG_FILE', `there is no index.html in ${directory}`);
  }
  return files.flatMap((file) => {
    const contentType = CONTENT_TYPES[extname(file)];
    if (contentType === undefined) {
      throw new TickerError('CONFIG_FILE', `${file} in ${directory} has an unknown type`);
    }
    const content = staticContent(contentType, readFileSync(join(directory, file)));
    return pathsOf(file).map((path) => staticRoute(path, content, `The file ${file}.`));
  });
}

/** A public page or file; it is not part of the OpenAPI document. */
export function staticRoute(path: string, content: StaticContent, summary: string): Route {
  return defineRoute({
    method: 'GET',
    path,
    operationId: `file ${path}`,
    summary,
    tag: 'pages',
    access: 'public',
    responses: { 200: { description: summary, contentType: content.contentType } },
    undocumented: true,
    handler: (request) => staticReply(content, request.header('if-none-match')),
  });
}
