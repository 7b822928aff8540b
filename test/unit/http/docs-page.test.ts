import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRORS } from '../../../src/domain/error-codes.ts';
import { docsPage, docsRoutes, errorsPage } from '../../../src/http/docs-page.ts';
import { errorsDocument } from '../../../src/http/errors-document.ts';
import { problemType } from '../../../src/http/problem.ts';
import { marketDocumentFor } from '../../support/http/market-document.ts';

const document = marketDocumentFor(true);

/** What the content security policy forbids, or what would leave the machine. */
function assertSelfContained(html: string): void {
  assert.doesNotMatch(html, /<script|<style| style=| on\w+=|javascript:/i);
  for (const [, target] of html.matchAll(/(?:href|src)="([^"]*)"/g)) {
    assert.match(target ?? '', /^[/#]/);
  }
}

test('the page names every operation, its summary and scope, and loads nothing else', () => {
  const html = docsPage(document);
  assertSelfContained(html);
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const { operationId, summary } of Object.values(operations)) {
      assert.ok(html.includes(`id="${operationId}"`), operationId);
      assert.ok(html.includes(summary), summary);
    }
    assert.ok(html.includes(path));
  }
  assert.ok(html.includes('instruments:read'));
  assert.ok(html.includes('1 to 1000'));
});

test('what stands in the document cannot become markup', () => {
  const evil = structuredClone(document);
  evil.info.title = '<script>alert(1)</script>';
  evil.paths['/<img src=x>'] = evil.paths['/livez'] ?? {};
  assertSelfContained(docsPage(evil).replaceAll('&lt;img src=x&gt;', ''));
});

test('every error code has the row that problem documents link to, and one in the document', () => {
  const html = errorsPage();
  assertSelfContained(html);
  const text = errorsDocument();
  for (const code of Object.keys(ERRORS) as (keyof typeof ERRORS)[]) {
    const [path, anchor] = problemType(code).split('#');
    assert.equal(path, '/docs/errors');
    assert.ok(html.includes(`<tr id="${anchor ?? ''}">`), code);
    assert.ok(text.includes(`\`${code}\``), code);
  }
});

test('the pages link to routes that exist', () => {
  const paths = new Set([
    ...docsRoutes(document).map(({ path }) => path),
    '/',
    '/openapi.json',
    '/asyncapi.json',
  ]);
  for (const html of [docsPage(document), errorsPage()]) {
    for (const [, target = ''] of html.matchAll(/href="(\/[^"#]*)/g)) {
      assert.ok(paths.has(target), target);
    }
  }
});
