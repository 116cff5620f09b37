import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, it } from 'vitest';
import { migrate } from '../../src/registry/schema/migrate.js';
import { createEmptyDatabase } from '../support/database.js';

const migrations = fileURLToPath(new URL('../registry/former-migrations', import.meta.url));
const earlier = ['20261121000000_provisioning', '20261121050000_who_gets_in', '20261121060000_authority_and_audit'];

it('a registry with old claims keeps them, and the constraint covers them', async () => {
  const database = await createEmptyDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'sppp-migrations-'));
  try {
    for (const name of earlier) await cp(join(migrations, name), join(folder, name), { recursive: true });
    expect(await migrate(database.url, { migrations: folder })).toEqual(earlier);
    const client = new pg.Client(database.url);
    await client.connect();
    try {
      await client.query(`
        INSERT INTO sppp.organization (org_id) VALUES ('x:1'), ('x:2');
        INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at)
          VALUES (gen_random_uuid(), 'submitAddRqst', 'atomic', now());
        INSERT INTO sppp.public_identifier (transaction_id, c_date, cor_date, rant_id, rar_id, kind, cor_claim, cor, value, span)
          VALUES (1, now(), now(), 1, 1, 'TNPrefix', true, true, '1202', sppp.digit_range('1202', '1202:')),
                 (1, now(), now(), 1, 1, 'TN', true, true, '12025550100', NULL),
                 (1, now(), now(), 2, 2, 'TN', true, false, '12025550100', NULL)`);
      expect(await migrate(database.url, { migrations })).toContain('20261125220000_carrier_of_record');
      expect(await migrate(database.url)).toContain('84-views-cor.sql');
      const { rows } = await client.query(
        'SELECT registrant, value, state, decided_by FROM sppp_api.cor_claim ORDER BY registrant, value',
      );
      expect(rows).toEqual([
        { registrant: 'x:1', value: '1202', state: 'holds', decided_by: 'firstClaim' },
        { registrant: 'x:1', value: '12025550100', state: 'holds', decided_by: 'firstClaim' },
        { registrant: 'x:2', value: '12025550100', state: 'lost', decided_by: 'firstClaim' },
      ]);
      await expect(client.query('UPDATE sppp.public_identifier SET cor = true')).rejects.toMatchObject({
        code: '23P01',
      });
    } finally {
      await client.end();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    await database.drop();
  }
});
