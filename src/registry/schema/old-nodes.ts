import type { ClientBase } from 'pg';
import { ownPackage } from '../../own-package.js';
import { type ConnectedNode, readConnectedNodes } from '../connection/connected-nodes.js';
import { isNewer } from './least-server.js';

/** What a step of a migration asks of the servers that work on its schema. */
interface Demand {
  readonly kind: string;
  readonly leastServer: string | undefined;
}

/** The connected nodes that cannot work any more once these steps are done (docs/upgrades.md). */
export async function readOldNodes(
  db: Pick<ClientBase, 'query'>,
  steps: readonly Demand[],
): Promise<readonly ConnectedNode[]> {
  return (await readConnectedNodes(db)).filter(({ version }) => steps.some((step) => isTooOld(version, step)));
}

/** A migration that names no version needs servers that know it: those of this version and newer ones. */
function isTooOld(version: string, { kind, leastServer }: Demand): boolean {
  const needed = leastServer ?? (kind === 'migration' ? ownPackage().version : undefined);
  return needed !== undefined && isNewer(needed, version);
}
