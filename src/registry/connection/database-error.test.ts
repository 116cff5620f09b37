import { createServer } from 'node:net';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PrismaClient } from '../prisma-client/client.js';
import { isOfDatabase, isPassing } from './database-error.js';

/** What PostgreSQL says to every connection, as bytes on the wire. Its text is in the language of the server. */
function refusal(code: string): Buffer {
  const fields = `SSCHWERWIEGEND\0VFATAL\0C${code}\0Mnichts zu machen\0\0`;
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + fields.length);
  return Buffer.concat([Buffer.from('E'), length, Buffer.from(fields)]);
}

let code = '';
const server = createServer((socket) => {
  socket.on('error', () => undefined).once('data', () => socket.end(refusal(code)));
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

async function failureOfDriver(host: string, port: number): Promise<unknown> {
  const client = new pg.Client({ host, port, user: 'nobody', database: 'nothing' });
  client.on('error', () => undefined);
  return client.connect().then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a temporary failure', () => {
  it.each([
    ['that starts up', '57P03', true],
    ['that has no more connections', '53300', true],
    ['that is a standby', '25006', true],
    ['that is a standby, which has no unlogged tables', '0A000', true],
    ['that accepts no connections', '55000', true],
    ['that refuses the login', '28P01', true],
    ['that refuses the role', '28000', true],
    ['that is not there', '3D000', true],
    ['that has lost a table', '42P01', false],
  ])('is a database %s (%s), as the driver and as Prisma report it: %s', async (_, said, passes) => {
    code = said;
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    for (const failure of [await failureOfPrisma(port), await failureOfDriver('127.0.0.1', port)]) {
      expect(failure).toBeInstanceOf(Error);
      expect(isPassing(failure), String(failure)).toBe(passes);
      expect(isOfDatabase(failure), String(failure)).toBe(passes);
    }
  });

  it('is a refused connection, as Prisma reports it', async () => {
    const failure = await failureOfPrisma(1);
    expect(failure).toBeInstanceOf(Error);
    expect(isPassing(failure), String(failure)).toBe(true);
  });

  it.each(['127.0.0.1', 'localhost', '/nowhere'])('is a refused connection to %s', async (host) => {
    expect(await failureOfDriver(host, 1)).toSatisfy(isPassing);
  });

  it('is one of several addresses that refuse', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED ::1:5432'), { code: 'ECONNREFUSED' });
    expect(isPassing(new AggregateError([refused, new Error('no route')]))).toBe(true);
    expect(isPassing(new AggregateError([new Error('a bug')]))).toBe(false);
  });

  it.each([
    ['P2002', 'Unique constraint failed', false],
    ['P2024', 'Timed out fetching a new connection', true],
    ['25P03', 'terminating connection due to idle-in-transaction timeout', true],
    ['57014', 'canceling statement due to statement timeout', true],
    ['42601', 'syntax error at or near "connection"', false],
    ['22023', 'timeout exceeded', false],
  ])('%s: %s', (given, message, passes) => {
    expect(isPassing(Object.assign(new Error(message), { code: given }))).toBe(passes);
  });

  it('is no error of the program that speaks of connections or timeouts', () => {
    expect(isPassing(new TypeError('Cannot read properties of undefined (reading connection)'))).toBe(false);
    expect(isPassing(new Error('timeout exceeded'))).toBe(false);
    expect(isPassing('Connection terminated')).toBe(false);
  });

  it('is what the driver says without a code of a connection that ends', async () => {
    const pool = new pg.Pool({ host: '127.0.0.1', port: 1 });
    await pool.end();
    expect(await pool.query('SELECT 1').catch((error: unknown) => error)).toSatisfy(isPassing);
    const silent = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const client = new pg.Client({ host: '127.0.0.1', port, connectionTimeoutMillis: 50 });
    client.on('error', () => undefined);
    expect(await client.connect().catch((error: unknown) => error)).toSatisfy(isPassing);
    const closing = createServer((socket) => socket.on('error', () => undefined).end());
    await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
    const other = closing.address();
    expect(await failureOfDriver('127.0.0.1', typeof other === 'object' ? (other?.port ?? 0) : 0)).toSatisfy(isPassing);
    silent.close();
    closing.close();
  });
});
