/** Controls, direction marks, line separators, blanks without width, and other invisible characters. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const HIDDEN_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Whether a text has invisible characters or such that control a terminal. */
export function hasHidden(text: string): boolean {
  return text.search(HIDDEN) !== -1;
}

/**
 * A text for a terminal or a log: on one line, with an escape such as `\u202e` for an invisible character. In a JSON
 * string that is the same character.
 */
export function visible(text: string): string {
  return text.replace(HIDDEN, escaped);
}

/** The same for several lines; line ends and tabs stay. */
export function visibleLines(text: string): string {
  return text.replace(HIDDEN_BUT_LINES, escaped);
}

function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
}
