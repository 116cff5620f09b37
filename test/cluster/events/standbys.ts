import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { describe, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import { during } from '../support/during.js';
import type { Member } from '../support/patroni.js';

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
      await whileCommitsWait(`${what} commits`, async (client, standbys, killPrimary) => {
        for (let times = 0; times < 20; times++) {
          await delay(100);
          await client.query(`SELECT ${act}(pid) FROM (${WAITING}) AS waiting`);
        }
        await killPrimary();
        // Anew: if they went on they would read what the system still holds for them.
        for (const standby of standbys) await standby.killPostgres();
      });
    });

    it('stops, the primary loses its machine, and the standby reads commits that nobody knows of', async () => {
      await whileCommitsWait('commits in doubt', async (_, standbys, killPrimary) => {
        await delay(2000);
        await killPrimary();
        for (const standby of standbys) await standby.signalPostgres('SIGCONT');
      });
    });
  });

  /** Stops all standbys, so that commits wait; the event kills the primary and lets the standbys go on. */
  async function whileCommitsWait(
    what: string,
    event: (client: pg.Client, standbys: readonly Member[], killPrimary: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const former = await cluster().primary();
    const standbys = cluster().members.filter((member) => member !== former);
    await during(cluster(), what, async () => {
      const client = await cluster().connect();
      for (const standby of standbys) await standby.signalPostgres('SIGSTOP');
      await event(client, standbys, () => former.killMachine());
      client.end().catch(() => undefined);
      await cluster().promoted(former);
      await former.restart();
      await cluster().settled(former);
    });
  }
}
