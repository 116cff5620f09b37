/** Controls, direction marks, line separators, blanks without width, and whatever else is not seen where it stands. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const HIDDEN_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Whether a text has characters that nobody sees, or that do something to a terminal. */
export function hasHidden(text: string): boolean {
  return text.search(HIDDEN) !== -1;
}

/**
 * A text as it may be shown on a terminal or in a log: on one line, with `\u202e` for a character that is not seen. Inside
 * of a JSON string that is the same character.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, escaped);
}

/** The same of a text of several lines, which keeps its line ends and tabs. */
export function visibleLines(text: string): string {
  return text.replace(HIDDEN_BUT_LINES, escaped);
}

function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
}
