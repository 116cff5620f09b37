/**
 * Whether a credential can have this user name. Clients escape quotes and backslashes differently or not at all;
 * a colon ends the name in the text that Digest hashes.
 */
export function mayBeUserName(text: string): boolean {
  return text !== '' && !/["\\:\p{Cc}]/u.test(text);
}
