import assert from 'node:assert/strict';
import test from 'node:test';
import { withSection } from '../../../bench/harness/sections.ts';

const DOCUMENT = '# Title\n\nIntro\n\n## One\n\n1\n\n### Part\n\n## Last\n\nend\n';

test('a section takes the place of the one of the same heading, parts included', () => {
  assert.equal(
    withSection(DOCUMENT, '## One\n\nnew\n'),
    '# Title\n\nIntro\n\n## One\n\nnew\n\n## Last\n\nend\n',
  );
});

test('a new section comes before the last one', () => {
  const document = withSection(DOCUMENT, '## Two\n\n2');
  assert.equal(document, DOCUMENT.replace('## Last', '## Two\n\n2\n\n## Last'));
  assert.equal(withSection(document, '## Two\n\n2'), document);
});

test('a section begins with its heading', () => {
  assert.throws(() => withSection(DOCUMENT, 'text'), /no heading/);
});
