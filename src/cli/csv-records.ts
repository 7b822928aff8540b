/* Splits CSV of any length into records without touching what it does not need to understand. */

/** A line or a quoted field that spans lines may have so many bytes. */
export const RECORD_BYTES_MAX = 1 << 20;

export interface CsvRecord {
  /** As they stand in the file, quotes included. */
  fields: string[];
  /** '\n', '\r\n', or '' where the file ends without one. */
  ending: string;
  /** Of the record's first line; the first line of the file is 1. */
  line: number;
  /** A quote is not closed, or something follows it: the fields are the line split at commas. */
  badQuotes: boolean;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const COMMA = 0x2c;
const QUOTE = 0x22;

/**
 * Pushes text in, takes records out. Text is Latin-1, one character per byte, so that fields in any
 * encoding that extends ASCII are copied byte for byte.
 *
 * A quote opens a quoted field only at the field's beginning, and only a comma or the end of the
 * line may follow the closing one. A line that breaks this is a record of its own with `badQuotes`:
 * one stray quote does not swallow the lines after it.
 */
export class CsvRecords {
  #text = '';
  #place = 0;
  #line = 1;
  #ended = false;
  /** The newline that ends the text was put there by end(). */
  #newlineAdded = false;

  push(text: string): void {
    this.#text = this.#text.slice(this.#place) + text;
    this.#place = 0;
  }

  /** Nothing comes after what has been pushed. */
  end(): void {
    this.#ended = true;
    if (this.#place === this.#text.length || this.#text.endsWith('\n')) return;
    this.#newlineAdded = true;
    this.push('\n');
  }

  /** A record needs more text than there is, and already has too much: the file is no CSV. */
  get isTooLong(): boolean {
    return this.#text.length - this.#place > RECORD_BYTES_MAX;
  }

  /** Line at which the next record starts. */
  get line(): number {
    return this.#line;
  }

  /** The next whole record; undefined: push more, or all have been taken. */
  next(): CsvRecord | undefined {
    const text = this.#text;
    const start = this.#place;
    const end = text.indexOf('\n', start);
    if (end < 0) return undefined;
    const line = text.slice(start, end);
    if (!line.includes('"')) return this.#take(line.split(','), end, 1);
    const fields: string[] = [];
    const quotedEnd = splitQuoted(text, start, fields);
    if (quotedEnd >= 0) {
      return this.#take(fields, quotedEnd, text.slice(start, quotedEnd).split('\n').length);
    }
    const mayClose = quotedEnd === UNFINISHED && !this.#ended && !this.isTooLong;
    return mayClose ? undefined : this.#take(line.split(','), end, 1, true);
  }

  /** The record whose newline is at `end`. */
  #take(fields: string[], end: number, lines: number, badQuotes = false): CsvRecord {
    const last = fields.at(-1) ?? '';
    const hasReturn = last.charCodeAt(last.length - 1) === RETURN;
    if (hasReturn) fields[fields.length - 1] = last.slice(0, -1);
    const isOpen = this.#newlineAdded && end === this.#text.length - 1;
    const ending = isOpen ? '' : hasReturn ? '\r\n' : '\n';
    const line = this.#line;
    this.#line += lines;
    this.#place = end + 1;
    return { fields, ending, line, badQuotes };
  }
}

const UNFINISHED = -1;
const MALFORMED = -2;

/**
 * Splits the record that starts at `start` into `fields`. Returns where its newline is, UNFINISHED
 * if the text ends before, MALFORMED if quotes are not as they must be.
 */
function splitQuoted(text: string, start: number, fields: string[]): number {
  let from = start;
  let at = start;
  for (;;) {
    if (text.charCodeAt(at) === QUOTE) {
      at = closingQuote(text, at + 1);
      if (at < 0) return UNFINISHED;
      at++;
      if (at === text.length) return UNFINISHED;
      if (text.charCodeAt(at) === RETURN && at + 1 === text.length) return UNFINISHED;
    } else {
      while (at < text.length && !endsField(text.charCodeAt(at))) at++;
      if (at === text.length) return UNFINISHED;
    }
    const next = text.charCodeAt(at);
    const isReturn = next === RETURN && text.charCodeAt(at + 1) === NEWLINE;
    if (next === COMMA) {
      fields.push(text.slice(from, at));
      from = ++at;
    } else if (next === NEWLINE || isReturn) {
      // A carriage return goes with the last field, as in a line without quotes.
      const end = isReturn ? at + 1 : at;
      fields.push(text.slice(from, end));
      return end;
    } else {
      return MALFORMED;
    }
  }
}

function endsField(character: number): boolean {
  return character === COMMA || character === NEWLINE;
}

/** Place of the quote that closes a field; doubled ones do not. Negative: not there. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0 && text.charCodeAt(at + 1) === QUOTE) at = text.indexOf('"', at + 2);
  return at;
}

/** What a field says: without its quotes and the spaces around it. */
export function fieldText(field: string): string {
  const text = field.trim();
  if (text.charCodeAt(0) !== QUOTE) return text;
  return text.slice(1, -1).replaceAll('""', '"').trim();
}
