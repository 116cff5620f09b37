const PRINTABLE_ASCII = /^[ -~]*$/;
const DOTLESS_I = '\u0131';
const CHEROKEE = /^\p{Script=Cherokee}$/u;

/**
 * The form in which names are compared: full Unicode case folding, toCasefold() (RFC 7877 §5.2, Unicode §3.13).
 * Two names are the same name when their folded forms are equal. Nothing is normalized.
 */
export function foldName(name: string): string {
  if (PRINTABLE_ASCII.test(name)) return name.toLowerCase();
  let folded = '';
  for (const character of name) folded += foldCharacter(character);
  return folded;
}

/**
 * Upper case brings the variants of a letter together (ß and ẞ, ς and σ), lower case then gives the folded one.
 * One character at a time, since lower-casing a whole word would look around for the final sigma.
 */
function foldCharacter(character: string): string {
  // Its capital is the plain I, which folding keeps apart from it.
  if (character === DOTLESS_I) return character;
  // The one script that folds to its capitals: its small letters came into Unicode later.
  if (CHEROKEE.test(character)) return character.toUpperCase();
  return character.toLowerCase().toUpperCase().toLowerCase();
}
