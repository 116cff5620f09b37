/** Webhooks choose events in SQL, the queue chooses them here: who is told what is the same. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Caller } from '../../src/authority/caller.js';
import { hearableFor } from '../../src/authority/may.js';
import { grantNouns, grantVerbs } from '../../src/model/grant.js';
import { addGrant, addOrganization } from '../../src/registry/access/administration.js';
import { include, knownOf } from '../../src/registry/access/credential-row.js';
import { isSelected } from '../../src/registry/events/event-selection.js';
import { Dice } from '../support/authority-model.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const seed = Number(process.env.SPPP_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const rounds = Number(process.env.SPPP_TEST_ROUNDS ?? 20);
const registrants = ['iana-en:111', 'iana-en:222', 'iana-en:225'];

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await addOrganization(server.deps.database.prisma, 'iana-en:900', '');
});
afterAll(() => server.close());

it(`under random grants, ${rounds} times`, async () => {
  const { prisma } = server.deps.database;
  const dice = new Dice(seed);
  const some = <T>(all: readonly T[]): readonly T[] | undefined =>
    dice.below(3) === 0 ? undefined : all.filter(() => dice.below(2) === 0);
  const organizations = await server.sql<{ id: number; orgId: string }>(
    'SELECT id, org_id AS "orgId" FROM sppp.organization',
  );
  for (let round = 0; round < rounds; round++) {
    await server.sql(`DELETE FROM sppp.registrar_grant WHERE registrar_id =
      (SELECT id FROM sppp.organization WHERE org_id = 'iana-en:223')`);
    const grants = Array.from({ length: dice.below(4) }, () => {
      const [nouns, verbs] = [some(grantNouns), some(grantVerbs)];
      const spans = dice.below(4) === 0 ? ['1202'] : undefined;
      return { registrant: dice.one(registrants), narrowing: { nouns, verbs, spans } };
    }).filter(({ narrowing: { nouns, verbs } }) => nouns?.length !== 0 && verbs?.length !== 0);
    for (const { registrant, narrowing } of grants) await addGrant(prisma, 'iana-en:223', registrant, narrowing);
    const caller = await callerNow();
    const selection = {
      types: undefined,
      reach: { registrarId: caller.registrarId, organizations: hearableFor(caller) },
    };
    for (const { id, orgId } of organizations) {
      for (const noun of [null, ...grantNouns]) {
        const event = { position: 1, type: 'sppp.object.changed.v1', organizationId: id, noun };
        const [told] = await server.sql<{ told: boolean }>('SELECT sppp.is_told($1, $2, $3) AS told', [
          caller.registrarId,
          id,
          noun,
        ]);
        const which = `seed ${seed}, round ${round}: ${noun} of ${orgId} under ${JSON.stringify(grants)}`;
        expect(told?.told, which).toBe(isSelected(selection, event));
      }
    }
  }
});

/** The registrar with the grants that the database has now. */
async function callerNow(): Promise<Caller> {
  const row = await server.deps.database.prisma.credential.findUniqueOrThrow({ where: { username: 'ssp2r' }, include });
  const known = knownOf(row);
  if (known?.kind !== 'registrar') throw new Error('no registrar');
  const { id: credentialId, registrarId, registrar, grants } = known;
  return { credentialId, registrarId, registrar, grants };
}
