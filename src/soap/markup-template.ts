/** The outcome of holding a text against a template. */
export type Match = 'other' | 'unfinished' | { readonly texts: readonly string[]; readonly end: number };

/** A tag, attribute values with their quotes; nothing else begins with `<` in what a template is made of. */
const tag = /<[^<>"']*(?:"[^"<]*"[^<>"']*|'[^'<]*'[^<>"']*)*>/y;

/**
 * Characters that stand for themselves in element content (XML 1.0 §2.2, §2.4): no markup, no reference, no line end to
 * be normalized, nothing that XML cannot hold.
 */
const plain = /^[\x20-\x25\x27-\x3b\x3d\x3f-\uD7FF]*$/;

/** Longest text that is looked for, so that one without an end is left to the parser. */
const LONGEST_TEXT = 4096;

/** The longest piece of markup that a template is made of. */
const LONGEST_SOURCE = 16_384;

/**
 * A piece of markup with its texts taken out. A later piece that is the same to the letter but for plain texts means the
 * same, so it need not be parsed again. Only what a strict parser has read before, and reads in the same scope, may be
 * held against it.
 */
export class MarkupTemplate {
  readonly #literals: readonly string[];
  /** Line ends in the markup, for whoever counts them. */
  readonly lines: number;

  private constructor(literals: readonly string[]) {
    this.#literals = literals;
    this.lines = literals.join('').split('\n').length - 1;
  }

  /**
   * The template of a well-formed piece; undefined if it has comments, CDATA or anything else besides elements and
   * plain text. A text that has an element of its own, also an empty one, is taken out; white space between elements stays.
   */
  static of(source: string): MarkupTemplate | undefined {
    if (source.length > LONGEST_SOURCE || /<[!?]/.test(source)) return undefined;
    const literals: string[] = [];
    let literal = '';
    let at = 0;
    let opened = false;
    while (at < source.length) {
      const start = source.indexOf('<', at);
      const text = source.slice(at, start < 0 ? source.length : start);
      if (start < 0) {
        literal += text;
        break;
      }
      tag.lastIndex = start;
      const markup = tag.exec(source)?.[0];
      if (markup === undefined) return undefined;
      const closes = markup.startsWith('</');
      if (opened && closes) {
        if (!plain.test(text)) return undefined;
        literals.push(literal);
        literal = '';
      } else {
        literal += text;
      }
      literal += markup;
      opened = !closes && !markup.endsWith('/>');
      at = start + markup.length;
    }
    return literals.length === 0 ? undefined : new MarkupTemplate([...literals, literal]);
  }

  /** How many texts were taken out. */
  get texts(): number {
    return this.#literals.length - 1;
  }

  /** Holds what stands at a position against the template; 'unfinished' if more of the text is needed to tell. */
  match(text: string, from: number): Match {
    const literals = this.#literals;
    const texts = new Array<string>(this.texts);
    let at = from;
    for (let index = 0; ; index++) {
      const literal = literals[index] as string;
      if (!text.startsWith(literal, at)) {
        const rest = text.length - at;
        return rest < literal.length && literal.startsWith(text.slice(at)) ? 'unfinished' : 'other';
      }
      at += literal.length;
      if (index === texts.length) break;
      const end = text.indexOf('<', at);
      if (end < 0) return text.length - at > LONGEST_TEXT ? 'other' : 'unfinished';
      const value = text.slice(at, end);
      if (!plain.test(value)) return 'other';
      texts[index] = value;
      at = end;
    }
    return { texts, end: at };
  }
}
