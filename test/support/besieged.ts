import { expect } from 'vitest';
import { fullSet, picture } from './full-set.js';
import { addRequest, envelope, readAnswer } from './message.js';
import { startServer, type TestServer } from './server.js';

/** A server with objects in it that hostile tests must not change. */
export interface Besieged {
  readonly server: TestServer;
  /** The server is in health, the registry as it was, and a request of somebody decent is carried out. */
  expectUnharmed(): Promise<void>;
}

export async function startBesieged(settings: Record<string, string> = {}): Promise<Besieged> {
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
