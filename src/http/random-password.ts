import { randomBytes } from 'node:crypto';

/** A password of 144 random bits, in characters that need no quotes in a shell. */
export function randomPassword(): string {
  return randomBytes(18).toString('base64url');
}
