import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ClientBase } from 'pg';
import { OperatorError } from '../../operator-error.js';

const FILE = fileURLToPath(new URL('../../../prisma/adoption.sql', import.meta.url));

/** The migration that adoption brings a database to. */
const BASELINE = '20261121000000_baseline';

/** The migrations that preceded the baseline, before the first release, with the SHA-256 of their files. */
const formerMigrations: ReadonlyMap<string, string> = new Map([
  ['20261121000000_provisioning', '0b915ff0f011232688b3ecbc70123360b7926035f131b2260e4090910d7bf39b'],
  ['20261121050000_who_gets_in', '6bd873dc4c2cbe51707c498e4ea57db8dda48efb2825241ee5d9bc927577c7cf'],
  ['20261121060000_authority_and_audit', '0720a709d3746963c05bee7b7c170b431c6e5107254667e2465a8c6f344ab7f6'],
  ['20261125220000_carrier_of_record', '9022d2348ca8a829821c9567b71068d90911fb67a1bb58414d523702fb4a7899'],
  ['20261125221000_refusals', '4b0135c8f9d86b811bfc9307fb8d5a74bfbdf5b4600abecc94015c09a533530f'],
  ['20261125230000_resolution', 'c1c19a4c5c0b547cb6c90c172ccfebf1f75b2c6622e04f7b9d20d5dd00c97467'],
  ['20261125233000_feeds', 'b83117743f31e7a221a2e2a27ff347073f8692449b7b154c226b5a69b5ea9e5e'],
  ['20261126090000_kept_answers', '4b1f0f0b1a9a35032211b0be0a46378e99cfb47d6cc9d99eb6801ae29be18668'],
  ['20261126170000_kept_numbers', '2cef69247ffa4121afc43c894a863a4c2f73b10deb1e2149c4e09c749d5dcb2c'],
  ['20261129100400_transaction_failure', '17ca2ed3cbdf5414e5a3f183fd4403779191f0a5dd26ce122bd89d81067b1fc2'],
  ['20261129100600_limits', 'b1c8e8fb6901bcf658137fc8d7946aa1689a3c5e0620e5cde43007211c6762ce'],
  ['20261129100700_place', '767df1a8d23f0b57977dbdadbc4baad722eeee21261a3133d23aff8788b87bea'],
  ['20261129100900_organizations', 'be5548fd5631d351a2068ca02bd9fffd895bbd872864bc1cc23a1d6fbbd7e2a3'],
]);

/** The members of an applied migration that adoption reads. */
export interface FormerMigration {
  readonly migration_name: string;
  readonly checksum: string;
  readonly isFinished: boolean;
}

/**
 * Whether a database was made by the migrations that preceded the baseline and can be adopted, to get these migrations.
 *
 * @throws OperatorError with one line that says how to move, if the database has only some of them, or changed ones
 */
export function isAdoptable(
  applied: readonly FormerMigration[],
  [first]: readonly { readonly name: string }[],
): boolean {
  if (first?.name !== BASELINE) return false;
  const former = applied.filter(({ migration_name }) => formerMigrations.has(migration_name));
  if (former.length === 0) return false;
  const adoptable = former.filter(
    ({ migration_name: name, checksum, isFinished }) => isFinished && checksum === formerMigrations.get(name),
  );
  if (adoptable.length === formerMigrations.size) return true;
  throw new OperatorError(
    `The database has ${adoptable.length} of the ${formerMigrations.size} migrations that preceded the first release: start the last version that has all of them once on it (CHANGELOG.md, Unreleased), then this one`,
  );
}

/** The SQL of adoption. */
export function readAdoption(): Promise<string> {
  return readFile(FILE, 'utf8');
}

/** Brings the tables of an adoptable database to the baseline, and records the baseline in place of its migrations. */
export async function adopt(client: ClientBase, recordBaseline: () => Promise<void>): Promise<void> {
  await client.query('SET LOCAL search_path = public');
  await client.query(await readAdoption());
  await client.query('DELETE FROM public._prisma_migrations WHERE migration_name = ANY ($1)', [
    [...formerMigrations.keys()],
  ]);
  await recordBaseline();
}
