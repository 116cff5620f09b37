import { createServer } from 'node:net';
import { PrismaPg } from '@prisma/adapter-pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PrismaClient } from '../prisma-client/client.js';
import { isPassing } from './database-error.js';

/** What PostgreSQL says to every connection while it starts up, as bytes on the wire. */
const fields = 'SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0';
const length = Buffer.alloc(4);
length.writeInt32BE(4 + fields.length);
const startingUp = Buffer.concat([Buffer.from('E'), length, Buffer.from(fields)]);
const server = createServer((socket) => {
  socket.on('error', () => undefined).once('data', () => socket.end(startingUp));
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function failureOfPrisma(port: number): Promise<unknown> {
  const prisma = new PrismaClient({ adapter: new PrismaPg(`postgres://nobody@127.0.0.1:${port}/nothing`) });
  try {
    return await prisma.organization.findFirst().then(
      () => undefined,
      (error: unknown) => error,
    );
  } finally {
    await prisma.$disconnect();
  }
}

describe('a temporary failure', () => {
  it('is a database that starts up, as Prisma reports it', async () => {
    const address = server.address();
    const failure = await failureOfPrisma(typeof address === 'object' ? (address?.port ?? 0) : 0);
    expect(failure).toBeInstanceOf(Error);
    expect(isPassing(failure), String(failure)).toBe(true);
  });

  it('is a refused connection, as Prisma reports it', async () => {
    const failure = await failureOfPrisma(1);
    expect(failure).toBeInstanceOf(Error);
    expect(isPassing(failure), String(failure)).toBe(true);
  });

  it.each([
    ['P2039', 'Database error. Code: `42P01`. Message: relation', false],
    ['P2002', 'Unique constraint failed', false],
    ['P2024', 'Timed out fetching a new connection', true],
  ])('%s of Prisma: %s', (code, message, passes) => {
    expect(isPassing(Object.assign(new Error(message), { code }))).toBe(passes);
  });
});
