import { setTimeout as delay } from 'node:timers/promises';
import { describe, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import { during } from '../support/during.js';

/** Nodes and proxies go, and come again. */
export function processEvents(cluster: () => Cluster): void {
  const first = () => {
    const [node] = cluster().nodes;
    if (node === undefined) throw new Error('no node');
    return node;
  };

  describe('a node', () => {
    it('is killed with kill -9', async () => {
      await during(cluster(), 'kill -9 of a node', async () => {
        await first().process.signal('SIGKILL');
        await delay(2000);
        await first().restart();
      });
    });

    it('is stopped and started anew, as an upgrade does', async () => {
      await during(cluster(), 'restart of a node', async () => {
        await first().process.signal('SIGTERM');
        await first().restart();
      });
    });

    it('stops for a while and goes on', async () => {
      await during(cluster(), 'SIGSTOP of a node', async () => {
        await first().process.signal('SIGSTOP');
        await delay(5000);
        await first().process.signal('SIGCONT');
      });
    });
  });

  describe('the proxy', () => {
    it('before the nodes is killed with kill -9', async () => {
      await during(cluster(), 'kill -9 of the proxy before the nodes', async () => {
        await cluster().nodeProxy.process.signal('SIGKILL');
        await delay(1000);
        await cluster().nodeProxy.restart();
      });
    });

    it('before the database is killed with kill -9', async () => {
      await during(cluster(), 'kill -9 of the proxy before the database', async () => {
        await cluster().databaseProxy.process.signal('SIGKILL');
        await delay(1000);
        await cluster().databaseProxy.restart();
      });
    });
  });
}
