import { ERRORS, type ErrorCode } from '../domain/error-codes.ts';
import { DOCS_STYLE } from './docs-style.ts';
import type {
  OpenApiDocument,
  OpenApiOperation,
  OpenApiParameter,
  OpenApiResponse,
} from './openapi.ts';
import { httpStatusOf } from './problem.ts';
import type { Route } from './route.ts';
import { staticContent, staticRoute } from './static-files.ts';

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML_ESCAPES[character] ?? '');
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
${body}
</body>
</html>
`;
}

function table(headings: readonly string[], rows: readonly string[]): string {
  if (rows.length === 0) return '';
  const head = headings.map((heading) => `<th scope="col">${heading}</th>`).join('');
  return (
    `<div class="scroll"><table><thead><tr>${head}</tr></thead>` +
    `<tbody>${rows.join('\n')}</tbody></table></div>`
  );
}

/** What a parameter takes, from the JSON Schema keywords in use. */
function schemaText(parameter: OpenApiParameter): string {
  const {
    type,
    enum: choices,
    minimum,
    maximum,
    pattern,
  } = parameter.schema as {
    type?: string;
    enum?: readonly unknown[];
    minimum?: number;
    maximum?: number;
    pattern?: string;
  };
  const preset = (parameter.schema as { default?: unknown }).default;
  const parts = [
    choices ? choices.map(String).join(' | ') : (type ?? 'any'),
    minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : '',
    pattern ?? '',
    preset === undefined ? '' : `default ${JSON.stringify(preset)}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function parameterRow(parameter: OpenApiParameter): string {
  const place = parameter.required ? `${parameter.in}, required` : parameter.in;
  return (
    `<tr><td><code>${escapeHtml(parameter.name)}</code></td><td>${place}</td>` +
    `<td>${escapeHtml(schemaText(parameter))}</td>` +
    `<td>${escapeHtml(parameter.description ?? '')}</td></tr>`
  );
}

function responseRow([status, response]: [string, OpenApiResponse]): string {
  const types = Object.keys(response.content ?? {}).join(', ');
  return (
    `<tr><td>${escapeHtml(status)}</td><td>${escapeHtml(response.description)}</td>` +
    `<td>${escapeHtml(types)}</td></tr>`
  );
}

function accessText({ security }: OpenApiOperation): string {
  const [requirement] = security;
  if (!requirement) return 'Open to everybody.';
  const scopes = requirement['key'] ?? [];
  if (scopes.length === 0) return 'Needs a key.';
  return `Needs a key with the scope <code>${escapeHtml(scopes.join(' '))}</code>.`;
}

function operationSection(method: string, path: string, operation: OpenApiOperation): string {
  return `<section class="operation" id="${escapeHtml(operation.operationId)}">
<h3><span class="method ${method}">${method.toUpperCase()}</span>
<span class="path">${escapeHtml(path)}</span></h3>
<p>${escapeHtml(operation.summary)}</p>
<p class="access">${accessText(operation)}</p>
${table(['Parameter', 'In', 'Value', 'Meaning'], (operation.parameters ?? []).map(parameterRow))}
${table(['Status', 'Meaning', 'Body'], Object.entries(operation.responses).map(responseRow))}
</section>`;
}

interface Operation {
  method: string;
  path: string;
  operation: OpenApiOperation;
}

function operationsOf(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method, path, operation })),
  );
}

/** What stands at the top of the page. */
export interface DocsHead {
  /** A command to begin with. */
  example: string;
  /** HTML links to what else there is. */
  links: readonly string[];
}

const MARKET_HEAD: DocsHead = {
  example: "curl -H 'Authorization: Bearer KEY' http://HOST/v1/instruments?q=NIFTY",
  links: [
    '<a href="/openapi.json">OpenAPI document</a>',
    '<a href="/asyncapi.json">AsyncAPI document of the WebSocket</a>',
    '<a href="/docs/errors">Error codes</a>',
    '<a href="/">Live page</a>',
  ],
};

/** The page /docs: every operation of the document. */
export function docsPage(document: OpenApiDocument, head: DocsHead = MARKET_HEAD): string {
  const operations = operationsOf(document);
  const links = operations.map(
    ({ method, path, operation }) =>
      `<li><a href="#${escapeHtml(operation.operationId)}">${method.toUpperCase()} ` +
      `${escapeHtml(path)}</a></li>`,
  );
  const sections = document.tags.map(({ name }) => {
    const tagged = operations.filter(({ operation }) => operation.tags.includes(name));
    const bodies = tagged.map(({ method, path, operation }) =>
      operationSection(method, path, operation),
    );
    return `<h2>${escapeHtml(name)}</h2>\n${bodies.join('\n')}`;
  });
  const { title, version, description } = document.info;
  return page(
    title,
    `<header>
<h1>${escapeHtml(title)} <small>${escapeHtml(version)}</small></h1>
<p>${escapeHtml(description)}</p>
<p>${head.links.join(' ·\n')}</p>
<pre>${escapeHtml(head.example)}</pre>
</header>
<nav aria-label="Operations"><ul>
${links.join('\n')}
</ul></nav>
<main>
${sections.join('\n')}
</main>`,
  );
}

/** The page /docs/errors: what every code means. Problem documents link to its rows. */
export function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(([code, { detail, retryable }]) => {
    const status = httpStatusOf(code as ErrorCode);
    return (
      `<tr id="${code}"><td><code>${code}</code></td><td>${status ?? ''}</td>` +
      `<td>${retryable ? 'yes' : 'no'}</td><td>${escapeHtml(detail)}</td></tr>`
    );
  });
  return page(
    'Error codes',
    `<header><h1>Error codes</h1>
<p>HTTP problem documents, WebSocket errors and the command line use the same codes. Match on the
code, never on text. Retryable: the same request may succeed later.</p>
<p><a href="/docs">Interface</a></p></header>
<main>${table(['Code', 'HTTP', 'Retryable', 'Meaning'], rows)}</main>`,
  );
}

/** The pages under /docs, made once. */
export function docsRoutes(document: OpenApiDocument, head: DocsHead = MARKET_HEAD): Route[] {
  const html = 'text/html; charset=utf-8';
  const style = staticContent('text/css; charset=utf-8', DOCS_STYLE);
  return [
    staticRoute(
      '/docs',
      staticContent(html, docsPage(document, head)),
      'The interface, for people.',
    ),
    staticRoute('/docs/errors', staticContent(html, errorsPage()), 'What error codes mean.'),
    staticRoute('/docs/style.css', style, 'Stylesheet of these pages.'),
  ];
}
