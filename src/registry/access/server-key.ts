import { randomBytes } from 'node:crypto';
import type { PrismaClient } from '../prisma-client/client.js';

/** A secret that all nodes share, made at its first use. Two nodes that make it at once get the same. */
export async function serverKey(prisma: PrismaClient, name: string): Promise<Buffer> {
  await prisma.serverKey.createMany({ data: [{ name, value: randomBytes(32) }], skipDuplicates: true });
  const { value } = await prisma.serverKey.findUniqueOrThrow({ where: { name } });
  return Buffer.from(value);
}
