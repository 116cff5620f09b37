/**
 * Whether a credential can have this user name. Quotes and backslashes are escaped differently by different clients, and
 * not at all by some; a colon ends the name in what Digest hashes.
 */
export function mayBeUserName(text: string): boolean {
  return text !== '' && !/["\\:\p{Cc}]/u.test(text);
}
