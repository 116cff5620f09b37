import type { PrismaClient } from '../prisma-client/client.js';
import { organizationId } from './administration.js';
import type { TraceLevel } from './credential.js';

/** Sets the level of the SPPP-Trace header of answers to a registrar. Throws OperatorError for an unknown one. */
export async function setTrace(prisma: PrismaClient, registrar: string, trace: TraceLevel): Promise<void> {
  const id = await organizationId(prisma, registrar);
  await prisma.organization.update({ where: { id }, data: { trace } });
}
