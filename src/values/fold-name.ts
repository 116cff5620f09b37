const PRINTABLE_ASCII = /^[ -~]*$/;
const DOTLESS_I = '\u0131';
const CHEROKEE = /^\p{Script=Cherokee}$/u;

/**
 * The form in which names compare: full Unicode case folding, toCasefold() (RFC 7877 §5.2, Unicode §3.13). Two names
 * are equal if their folded forms are. Names are not normalized.
 */
export function foldName(name: string): string {
  if (PRINTABLE_ASCII.test(name)) return name.toLowerCase();
  let folded = '';
  for (const character of name) folded += foldCharacter(character);
  return folded;
}

/**
 * Upper case unites the variants of a letter (ß and ẞ, ς and σ); lower case of that is the folded letter. One character
 * at a time, because lower-casing a word depends on the context of a final sigma.
 */
function foldCharacter(character: string): string {
  // Its capital is the plain I, but folding distinguishes the two.
  if (character === DOTLESS_I) return character;
  // The only script that folds to its capitals, because Unicode got its small letters later.
  if (CHEROKEE.test(character)) return character.toUpperCase();
  return character.toLowerCase().toUpperCase().toLowerCase();
}
