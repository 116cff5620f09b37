import { expect } from 'vitest';
import { fullSet, picture } from './full-set.js';
import { addRequest, envelope, readAnswer } from './message.js';
import { startServer, type TestServer } from './server.js';

/** A server with objects that hostile requests must not change. */
export interface AttackedServer {
  readonly server: TestServer;
  /** The server is healthy, the registry is unchanged, and a well-behaved client is served. */
  expectUnharmed(): Promise<void>;
}

export async function startAttackedServer(settings: Record<string, string> = {}): Promise<AttackedServer> {
  const server = await startServer({ settings });
  expect(readAnswer((await server.post(addRequest(...fullSet()))).text).code).toBe(1000);
  const before = await server.sql(picture);
  return {
    server,
    async expectUnharmed() {
      expect((await fetch(`${server.url}/health`)).status).toBe(200);
      const asked = await server.post(envelope('<s:spppServerStatusRequest/>'), { as: 'ssp3' });
      expect(readAnswer(asked.text).code).toBe(1000);
      expect(await server.sql(picture)).toEqual(before);
    },
  };
}
