import { posix } from 'node:path';

/** Text without code, which may hold anything. */
function prose(markdown: string): string {
  return markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, 'code');
}

/** The anchors that a Markdown page's headings make, as web front ends of Git derive them. */
export function headingAnchors(markdown: string): Set<string> {
  const anchors = new Set<string>();
  const text = markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '');
  for (const [, heading = ''] of text.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const base = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let anchor = base;
    for (let repeat = 1; anchors.has(anchor); repeat++) anchor = `${base}-${repeat}`;
    anchors.add(anchor);
  }
  return anchors;
}

/**
 * Links of the page `path` that lead nowhere. `read` gives the text of a repository file, true for
 * a folder or a file without headings, undefined for nothing.
 */
export function deadLinks(
  path: string,
  markdown: string,
  read: (path: string) => string | true | undefined,
): string[] {
  const dead: string[] = [];
  for (const [, link = ''] of prose(markdown).matchAll(
    /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g,
  )) {
    if (/^[a-z]+:/.test(link)) continue;
    const [file = '', anchor] = link.split('#', 2);
    const target = file === '' ? path : posix.join(posix.dirname(path), decodeURI(file));
    const found = read(target);
    const anchorMissing =
      anchor !== undefined && found !== true && !headingAnchors(found ?? '').has(anchor);
    if (found === undefined || anchorMissing) dead.push(`${path}: ${link}`);
  }
  return dead;
}
