import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import { during } from '../support/during.js';
import { switchOver } from '../support/patroni.js';

/** Failovers in a row: SPPP_TEST_FAILOVERS=50 npm run test:cluster -- -t 'the primary is killed' */
const failovers = Number(process.env.SPPP_TEST_FAILOVERS ?? 2);

/** The primary goes, and Patroni promotes the synchronous standby. */
export function primaryEvents(cluster: () => Cluster): void {
  describe('the primary', () => {
    it(`is killed with kill -9, ${failovers} times`, { timeout: failovers * 180_000 }, async () => {
      const figures = { acknowledged: 0, unanswered: 0, objects: 0, longest: 0 };
      for (let round = 1; round <= failovers; round++) {
        const former = await cluster().primary();
        const { acknowledged, unanswered, objects, silence } = await during(
          cluster(),
          `failover ${round}`,
          async () => {
            await former.killPostgres();
            await cluster().settled(former);
          },
        );
        figures.acknowledged += acknowledged;
        figures.unanswered += unanswered;
        figures.objects += objects;
        figures.longest = Math.max(figures.longest, silence);
      }
      process.stdout.write(`${failovers} failovers, nothing lost: ${JSON.stringify(figures)}\n`);
    });

    it('is changed on purpose', async () => {
      const former = await cluster().primary();
      const to = await cluster().synchronous();
      await during(cluster(), 'switchover', async () => {
        await switchOver(cluster().stage, former.name, to.name);
        await cluster().settled(former);
      });
      expect(await cluster().primary()).toBe(to);
    });

    it('loses its machine', async () => {
      const former = await cluster().primary();
      await during(cluster(), 'loss of the machine', async () => {
        await former.killMachine();
        await cluster().promoted(former);
        await former.restart();
        await cluster().settled(former);
      });
    });

    it('stops for a while and goes on as if nothing had been', async () => {
      const former = await cluster().primary();
      await during(cluster(), 'SIGSTOP of the primary', async () => {
        await former.signalPostgres('SIGSTOP');
        await delay(5000);
        await former.signalPostgres('SIGCONT');
        await cluster().settled();
      });
    });

    it('has a full disk for a while', async (test) => {
      const former = await cluster().primary();
      if (!former.hasOwnDisk) {
        process.stderr.write('test/cluster: the full disk is skipped: no tmpfs may be mounted here\n');
        return test.skip();
      }
      await during(cluster(), 'full disk', async () => {
        await former.fillDisk();
        await delay(10_000);
        await former.freeDisk();
        await cluster().settled();
      });
    });
  });
}
