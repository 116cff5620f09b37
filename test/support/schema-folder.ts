import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OURS, type SchemaSource } from '../../src/registry/schema/source.js';

/** The schema of the first release, as it was: releases after it are tested with its data. */
export const released: Required<SchemaSource> = {
  migrations: fileURLToPath(new URL('../registry/released/0.1.0/migrations', import.meta.url)),
  sql: fileURLToPath(new URL('../registry/released/0.1.0/sql', import.meta.url)),
};

export interface SchemaFolder {
  readonly source: SchemaSource;
  remove(): Promise<void>;
}

/** The schema of this server with more migrations, by their names: that of a release to come. */
export async function schemaWith(
  migrations: Readonly<Record<string, string>>,
  { migrations: ours, sql }: SchemaSource = OURS,
): Promise<SchemaFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-schema-'));
  await cp(ours, folder, { recursive: true });
  for (const [name, text] of Object.entries(migrations)) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'migration.sql'), text);
  }
  return {
    source: { migrations: folder, ...(sql === undefined ? {} : { sql }) },
    remove: () => rm(folder, { recursive: true }),
  };
}
