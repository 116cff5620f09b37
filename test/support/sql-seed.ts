import { expect } from 'vitest';
import { examples } from '../../src/cli/demo-data.js';
import { readAnswer } from './message.js';
import type { TestServer, UserName } from './server.js';

/**
 * The registry for docs/sql.md, from the messages of `sppp demo --with-data`: two providers, a peer, and the unfinished
 * and forgotten objects of every real registry.
 */
export async function seed(server: TestServer): Promise<void> {
  const codes: number[] = [];
  for (const { username, message } of await examples()) {
    const { text } = await server.post(message, { as: username as UserName });
    codes.push(readAnswer(text).code);
  }
  expect(codes).toEqual([1000, 1000, 1000, 1000, 1000, 1000, 1000, 2100, 1000]);
}
