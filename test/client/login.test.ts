/** Logins of the client library at servers that are set up in other ways. */

import { describe, expect, it } from 'vitest';
import { connect, type Obj } from '../../src/client/connect.js';
import { type ServerOptions, startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const group = (name: string): Obj => ({ kind: 'DestGrpType', rant: 'iana-en:222', rar: 'iana-en:223', dgName: name });

async function withServer(options: ServerOptions, use: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await startServer(options);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

describe('a login', () => {
  it('is by MD5 at a server that offers nothing else', async () => {
    await withServer({ settings: { SPPP_DIGEST_MD5: 'only' } }, async ({ url }) => {
      const connection = connect({ url, user: 'ssp2r', password: 'ssp2r' });
      expect(await connection.add([group('DG_MD5')])).toMatchObject({ code: 1000 });
      connection.close();
    });
  });

  it('goes on by itself when its nonce has grown old, in ordinary requests, streams and queries', async () => {
    // The credentials are valid from now on.
    let now = Date.now() + 60_000;
    await withServer({ clock: () => new Date(now) }, async ({ url }) => {
      const connection = connect({ url, user: 'ssp2r', password: 'ssp2r' });
      await connection.status();
      now += 9 * 3_600_000;
      expect(await connection.add([group('DG_OLD')])).toMatchObject({ code: 1000 });
      now += 9 * 3_600_000;
      const items = Array.from({ length: 200 }, (_, index) => ({
        verb: 'add' as const,
        subject: group(`DG_${index}`),
      }));
      const codes: number[] = [];
      for await (const { outcome } of connection.bulk(items, { perRequest: 100 })) codes.push(outcome.code);
      expect(codes).toEqual([1000, 1000]);
      now += 9 * 3_600_000;
      expect((await connection.httpGet('/transaction', { clientTransId: 'none' })).status).toBe(200);
      connection.close();
    });
  });

  it('serves many requests at once', async () => {
    await withServer({}, async ({ url }) => {
      const connection = connect({ url, user: 'ssp2r', password: 'ssp2r' });
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) => connection.add([group(`DG_${index}`)])),
      );
      expect(outcomes.map(({ code }) => code)).toEqual(outcomes.map(() => 1000));
      connection.close();
    });
  });

  it('of an organization that is suspended is refused with the reason', async () => {
    await withServer({}, async (server) => {
      const connection = connect({ url: server.url, user: 'ssp2r', password: 'ssp2r' });
      await server.sql(`UPDATE sppp.organization SET suspended_at = now() WHERE org_id = 'iana-en:223'`);
      await expect
        .poll(() => connection.status().catch((error) => error))
        .toMatchObject({
          name: 'LoginRefusedError',
          status: 403,
          message: expect.stringContaining('suspended'),
        });
      connection.close();
    });
  });
});
