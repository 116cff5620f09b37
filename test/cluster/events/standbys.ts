import { setTimeout as delay } from 'node:timers/promises';
import { describe, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import { during } from '../support/during.js';

/** Backends of nodes that wait until the standby has their COMMIT. */
const WAITING = `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = 'sppp'`;

/** The synchronous standby goes; commits wait for it. */
export function standbyEvents(cluster: () => Cluster): void {
  describe('the synchronous standby', () => {
    it('loses its machine, and another one takes its place', async () => {
      await during(cluster(), 'loss of the synchronous standby', async () => {
        const standby = await cluster().synchronous();
        await standby.killMachine();
        await delay(5000);
        await standby.restart();
        await cluster().settled();
      });
    });

    it.each([
      ['cancelled', 'pg_cancel_backend'],
      ['terminated', 'pg_terminate_backend'],
    ])('stops, commits that wait for it are %s, and the primary loses its machine', async (what, act) => {
      const former = await cluster().primary();
      const standbys = cluster().members.filter((member) => member !== former);
      await during(cluster(), `${what} commits`, async () => {
        const client = await cluster().connect();
        for (const standby of standbys) await standby.signalPostgres('SIGSTOP');
        for (let times = 0; times < 20; times++) {
          await delay(100);
          await client.query(`SELECT ${act}(pid) FROM (${WAITING}) AS waiting`);
        }
        client.end().catch(() => undefined);
        await former.killMachine();
        for (const standby of standbys) await standby.signalPostgres('SIGCONT');
        await cluster().promoted(former);
        await former.restart();
        await cluster().settled(former);
      });
    });
  });
}
