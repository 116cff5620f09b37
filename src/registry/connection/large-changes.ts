import { type Sender, write } from './statement.js';

const LOCK = `hashtextextended('sppp large change', 0)`;

/** Waits until no large change works alone. Until the transaction ends, none begins to. */
export const workBesideLargeChanges = lock('work beside other large changes', 'pg_advisory_xact_lock_shared');

/** Waits until no other large change is under way, on any node. None goes on before the transaction ends. */
export const workAsOnlyLargeChange = lock('work as the only large change', 'pg_advisory_xact_lock');

/** To be asked for when a transaction begins: what waits for this lock holds nothing that others wait for. */
function lock(name: string, take: string): (db: Sender) => void {
  const ask = write(name, `SELECT ${take}(${LOCK})`);
  return (db) => ask(db, []);
}
