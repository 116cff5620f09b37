import { randomBytes } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { PrismaClient } from '../prisma-client/client.js';

/** A secret that all nodes share, made at its first use. Two nodes that make it at once get the same. */
export async function serverKey(prisma: PrismaClient, name: string): Promise<Buffer> {
  await prisma.serverKey.createMany({ data: [{ name, value: randomBytes(32) }], skipDuplicates: true });
  const { value } = await prisma.serverKey.findUniqueOrThrow({ where: { name } });
  return Buffer.from(value);
}

/** The same where nothing can be written: the secret that other nodes have made; before that one of this process. */
export async function serverKeyOrOwn(db: Pick<ClientBase, 'query'>, name: string): Promise<Buffer> {
  const { rows } = await db.query<{ value: Buffer }>('SELECT value FROM sppp.server_key WHERE name = $1', [name]);
  return rows[0]?.value ?? randomBytes(32);
}
