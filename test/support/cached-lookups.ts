import pg from 'pg';
import { vi } from 'vitest';
import { openLookups } from '../../src/deps.js';
import type { LookupResult, Lookups } from '../../src/lookup/lookups.js';
import { orgs } from './random-registry.js';
import type { ModelRegistry } from './resolve-model.js';
import { createSqlRegistry, type SqlRegistry } from './sql-registry.js';

/** A registry that is written with SQL, and look-ups with full caches. */
export interface Stage {
  readonly registry: SqlRegistry;
  readonly pool: pg.Pool;
  readonly lookups: Lookups;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const registry = await createSqlRegistry();
  const pool = new pg.Pool({ connectionString: registry.url });
  pool.on('error', () => undefined); // connections that are ended from outside
  const lookups = openLookups(
    {
      lookup: {
        connections: 4,
        timeout: 10_000,
        maxAge: 60_000,
        caches: { answerBytes: 1_000_000, numberBytes: 1_000_000 },
      },
    },
    { pool },
    () => undefined,
  );
  return {
    registry,
    pool,
    lookups,
    close: async () => {
      await lookups.close();
      await pool.end();
      await registry.drop();
    },
  };
}

/** The records of an answer, each with its final URI. */
export const shown = ({ answer, subject }: LookupResult) =>
  answer.seds.map(({ uriAround, ...sed }) => ({ ...sed, finalUri: uriAround?.join(subject) ?? null }));

/** Numbers of the first organization, in its only destination group. The second one gets `a:` and the number for them. */
export function oneGroup(...numbers: readonly string[]): ModelRegistry {
  return {
    orgs: orgs.slice(0, 2),
    destGrps: [{ rant: 0, name: 'DG' }],
    records: [
      {
        rant: 0,
        name: 'REC',
        isInSvc: true,
        kind: 'NAPTR',
        order: 10,
        svcs: 'E2U+sip',
        ere: '^(.*)$',
        target: 'a:\\1',
      },
    ],
    groups: [
      {
        rant: 0,
        name: 'SG',
        isInSvc: true,
        priority: 1,
        destGrps: [0],
        refs: [{ record: 0, priority: 1 }],
        sources: [],
        offers: [{ to: 1, status: 'accepted' }],
      },
    ],
    identifiers: numbers.map((value) => ({ rant: 0, kind: 'TN', value, destGrps: [0], refs: [] })),
    routes: [],
  };
}

/** Counts the statements of hot paths by their names, until it is stopped. */
export function countStatements() {
  const counts = new Map<string, number>();
  const { query } = pg.Client.prototype;
  const spy = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
    this: pg.Client,
    ...asked: unknown[]
  ) {
    const { name } = Object(asked[0]) as { name?: string };
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
    return Reflect.apply(query, this, asked) as unknown;
  });
  return { of: (name: string) => counts.get(name) ?? 0, stop: () => spy.mockRestore() };
}
