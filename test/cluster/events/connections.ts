import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DigestClient } from '../../support/digest-client.js';
import { envelope } from '../../support/message.js';
import type { Cluster } from '../support/cluster.js';
import { during } from '../support/during.js';

/** Milliseconds after which a revoked login is out (docs/limits.md), and some for a busy machine. */
const REVOKED_WITHIN = 5000;
const SLACK = 2000;

/** The network between a node and the database goes without a word. */
export function connectionEvents(cluster: () => Cluster): void {
  const first = () => {
    const [node] = cluster().nodes;
    if (node === undefined) throw new Error('no node');
    return node;
  };

  describe('connections to the database that are half-open', () => {
    it('lose nothing, and their node serves when the network is back', async () => {
      await during(cluster(), 'half-open connections of a node', async () => {
        first().forwarder.stop();
        await delay(20_000);
        first().forwarder.resume();
      });
    });

    it('keep no revoked login in', async () => {
      const login = new DigestClient({ username: 'revoked', password: 'revoked' });
      await cluster().credentials.add('iana-en:111', 'revoked');
      const status = async () => {
        const body = envelope('<s:spppServerStatusRequest/>');
        const headers = { 'content-type': 'text/xml; charset=utf-8' };
        const signal = AbortSignal.timeout(10_000);
        const sent = { method: 'POST', headers, body, signal };
        return login.send(`${first().url}/sppp`, sent).then(
          (answer) => answer.status,
          () => undefined,
        );
      };
      expect(await status()).toBe(200);
      first().forwarder.stop();
      try {
        await cluster().credentials.revoke('revoked');
        await delay(REVOKED_WITHIN + SLACK);
        expect(await status()).not.toBe(200);
      } finally {
        first().forwarder.resume();
      }
      await expect.poll(status, { timeout: 30_000, interval: 500 }).toBe(401);
    });
  });
}
