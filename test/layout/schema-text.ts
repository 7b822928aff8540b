/** What a schema says to programs, as far as compatibility is about it. */
export interface SchemaText {
  /** namespace, root_type, file_identifier and file_extension. */
  settings: ReadonlyMap<string, string>;
  declarations: ReadonlyMap<string, Declaration>;
}

export interface Declaration {
  /** `struct`, `table`, `enum` or `union`, with everything else that stands before the brace. */
  head: string;
  kind: string;
  members: Member[];
}

export interface Member {
  name: string;
  /** Type, default and attributes; the number of an enum value. */
  meaning: string;
  /** Codes or bits that the comment of a field names, by number. */
  codes: ReadonlyMap<number, string>;
}

const SETTING = /^(namespace|root_type|file_identifier|file_extension) ([^;]+);$/;
const HEAD = /^((struct|table|enum|union) (\w+)[^{]*)\{$/;
const FIELD = /^(\w+) ?: ?([^;]+);$/;
const ENUM_VALUE = /^(\w+) ?= ?(\d+),?$/;
const UNION_MEMBER = /^(\w+),?$/;

/** Of `1 OK, 2 BELOW_INTRINSIC, ...` or `Bits: 0 SNAPSHOT, ...`; what is in brackets explains. */
function codesOf(comment: string): Map<number, string> {
  const codes = new Map<number, string>();
  if (!/^([^:.]*: )?\d+ [A-Za-z]/.test(comment)) return codes;
  const list = comment.replace(/\([^)]*\)/g, '');
  for (const [, number, name = ''] of list.matchAll(/(?:^|[:,;] )(\d+) (\w+)/g)) {
    codes.set(Number(number), name);
  }
  return codes;
}

function memberOf(kind: string, line: string, comment: string): Member {
  const pattern = kind === 'enum' ? ENUM_VALUE : kind === 'union' ? UNION_MEMBER : FIELD;
  const [, name = '', meaning = ''] = pattern.exec(line) ?? [];
  if (name === '') throw new SyntaxError(`in a ${kind}: ${line}`);
  return { name, meaning, codes: codesOf(comment) };
}

/**
 * Reads a schema in the form of schemas/tick.fbs: one declaration, field or closing brace a line.
 * Throws SyntaxError for a line that it does not understand: what is not read is not compared.
 */
export function readSchemaText(text: string): SchemaText {
  const settings = new Map<string, string>();
  const declarations = new Map<string, Declaration>();
  let open: Declaration | undefined;
  let comment = '';
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line.startsWith('///')) {
      comment = `${comment} ${line.slice(3).trim()}`.trim();
      continue;
    }
    if (line === '' || line.startsWith('//')) continue;
    if (open !== undefined && line === '}') open = undefined;
    else if (open !== undefined) open.members.push(memberOf(open.kind, line, comment));
    else if (SETTING.test(line)) {
      const [, name = '', value = ''] = SETTING.exec(line) ?? [];
      settings.set(name, value);
    } else {
      const [, head = '', kind = '', name = ''] = HEAD.exec(line) ?? [];
      if (name === '') throw new SyntaxError(line);
      open = { head: head.trim(), kind, members: [] };
      declarations.set(name, open);
    }
    comment = '';
  }
  if (open !== undefined) throw new SyntaxError(`${open.head} does not end`);
  return { settings, declarations };
}
