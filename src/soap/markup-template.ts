/** The result of matching a text with a template. */
export type Match = 'other' | 'unfinished' | { readonly texts: readonly string[]; readonly end: number };

/** A tag, with attribute values in quotes; in the source of a template nothing else begins with `<`. */
const tag = /<[^<>"']*(?:"[^"<]*"[^<>"']*|'[^'<]*'[^<>"']*)*>/y;

/**
 * Characters that stand for themselves in element content (XML 1.0 §2.2, §2.4): no markup, no reference, no line end to
 * be normalized, nothing that XML cannot hold.
 */
const plain = /^[\x20-\x25\x27-\x3b\x3d\x3f-\uD7FF]*$/;

/** Maximum length of a text; the parser reads a longer one. */
const MAX_TEXT_LENGTH = 4096;

/** Maximum length of the source of a template. */
const MAX_SOURCE_LENGTH = 16_384;

/**
 * A piece of markup without its texts. A later piece that differs in plain texts only has the same meaning, so it need
 * not be parsed again. A caller may match only pieces in the scope in which a strict parser has read the source.
 */
export class MarkupTemplate {
  readonly #literals: readonly string[];
  /** Line ends in the markup, for the line counter of the reader. */
  readonly lines: number;

  private constructor(literals: readonly string[]) {
    this.#literals = literals;
    this.lines = literals.join('').split('\n').length - 1;
  }

  /**
   * The template of a well-formed piece; undefined if it has comments, CDATA or other markup besides elements and plain
   * text. Texts between a start tag and its end tag are parameters, empty ones too; white space between elements is
   * part of the template.
   */
  static of(source: string): MarkupTemplate | undefined {
    if (source.length > MAX_SOURCE_LENGTH || /<[!?]/.test(source)) return undefined;
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

  /** The number of texts. */
  get texts(): number {
    return this.#literals.length - 1;
  }

  /** Matches the text at an index with the template; 'unfinished' if more text is needed to decide. */
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
      if (end < 0) return text.length - at > MAX_TEXT_LENGTH ? 'other' : 'unfinished';
      const value = text.slice(at, end);
      if (!plain.test(value)) return 'other';
      texts[index] = value;
      at = end;
    }
    return { texts, end: at };
  }
}
