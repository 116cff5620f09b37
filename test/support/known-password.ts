import { expect } from 'vitest';
import { secretsOf } from '../../src/http/ha1.js';
import type { TestServer } from './server.js';

/** Waits until a server knows that a user name has this password: what it has read before, it remembers for a moment. */
export async function knowsPassword(
  { deps: { credentials } }: TestServer,
  username: string,
  password: string,
  clock: () => Date = () => new Date(),
): Promise<void> {
  const { ha1Sha256 } = secretsOf(username, password);
  const known = async () => (await credentials.find(username, clock()))?.ha1Sha256;
  await expect.poll(known, { timeout: 60_000, interval: 100 }).toBe(ha1Sha256);
}
