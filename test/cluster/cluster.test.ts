/**
 * Three PostgreSQL with Patroni, two nodes, HAProxy, and clients that write down what they do while parts of it are killed,
 * stopped, and cut off. Needs Debian's patroni, etcd-server, haproxy and postgresql.
 */

import { afterAll, beforeAll, describe } from 'vitest';
import { connectionEvents } from './events/connections.js';
import { primaryEvents } from './events/primary.js';
import { processEvents } from './events/processes.js';
import { standbyEvents } from './events/standbys.js';
import { type Cluster, startCluster } from './support/cluster.js';
import { obstacle } from './support/needs.js';

const reason = obstacle();
if (reason !== undefined) process.stderr.write(`test/cluster is skipped: ${reason}\n`);

describe.skipIf(reason !== undefined)('while clients write', () => {
  let started: Cluster | undefined;
  beforeAll(async () => {
    started = await startCluster();
  });
  afterAll(() => started?.close());
  const cluster = () => {
    if (started === undefined) throw new Error('no cluster');
    return started;
  };

  primaryEvents(cluster);
  processEvents(cluster);
  connectionEvents(cluster);
  standbyEvents(cluster);
});
