import { ownPackage } from '../../own-package.js';
import { connect, connectionTo } from '../connection/connect.js';
import { type ConnectedNode, readConnectedNodes } from '../connection/connected-nodes.js';
import { isNewer } from './least-server.js';
import type { Step } from './migrate.js';

/** The connected nodes that cannot work any more once these steps are done (docs/upgrades.md). */
export async function readOldNodes(url: string, steps: readonly Step[]): Promise<readonly ConnectedNode[]> {
  const client = await connect(connectionTo(url), 'sppp migrate');
  try {
    return (await readConnectedNodes(client)).filter(({ version }) => steps.some((step) => isTooOld(version, step)));
  } finally {
    await client.end();
  }
}

/** A migration that names no version needs servers that know it: those of this version and newer ones. */
function isTooOld(version: string, { kind, leastServer }: Step): boolean {
  const needed = leastServer ?? (kind === 'migration' ? ownPackage().version : undefined);
  return needed !== undefined && isNewer(needed, version);
}
