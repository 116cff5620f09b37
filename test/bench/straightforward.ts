import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { listen } from 'soap';
import { PrismaClient } from '../../src/registry/prisma-client/client.js';

/**
 * The server that one would write first: the soap package reads our WSDL, listens and calls a function; Prisma writes.
 * It adds telephone numbers to destination groups, for the bench to compare with, and does nothing else: no password,
 * no schema check, no verdict per object. `sets` writes by createMany, `single` object by object.
 *
 * Usage: DATABASE_URL=… node straightforward.js sets|single
 */

interface AddRequest {
  readonly clientTransId?: string;
  readonly obj: Tn | readonly Tn[];
}

interface Tn {
  readonly rant: string;
  readonly rar: string;
  readonly dgName: string | readonly string[];
  readonly tn: string;
}

const prisma = new PrismaClient({
  adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL ?? '' }),
  transactionOptions: { timeout: 3_600_000, maxWait: 60_000 },
});

type Write = (db: Parameters<Parameters<typeof prisma.$transaction>[0]>[0], request: Request) => Promise<void>;

interface Request {
  readonly objs: readonly Tn[];
  readonly transactionId: bigint;
  readonly organizations: ReadonlyMap<string, number>;
  readonly groups: ReadonlyMap<string, bigint>;
}

async function add({ clientTransId, obj }: AddRequest) {
  const serverTransId = randomUUID();
  const objs = Array.isArray(obj) ? (obj as readonly Tn[]) : [obj as Tn];
  const write = process.argv[2] === 'single' ? writeOneByOne : writeSets;
  await prisma.$transaction(async (db) => {
    const organizations = new Map((await db.organization.findMany()).map(({ orgId, id }) => [orgId, id]));
    const groups = new Map((await db.destinationGroup.findMany()).map(({ name, id }) => [name, id]));
    const journal = await db.transaction.create({
      data: { serverTransId, operation: 'submitAddRqst', mode: 'atomic', receivedAt: new Date(), objects: objs.length },
    });
    await write(db, { objs, transactionId: journal.id, organizations, groups });
    await db.transaction.update({ where: { id: journal.id }, data: { code: 1000, answeredAt: new Date() } });
  });
  return { clientTransId, serverTransId, overallResult: { code: 1000, msg: 'Request succeeded' } };
}

/** Existing numbers are not replaced, because createMany cannot. */
const writeSets: Write = async (db, request) => {
  const { objs } = request;
  const rows = await db.publicIdentifier.createManyAndReturn({
    data: objs.map((obj) => rowOf(obj, request)),
    select: { id: true, value: true },
  });
  const ids = new Map(rows.map(({ id, value }) => [value, id]));
  await db.destinationGroupMember.createMany({
    data: objs.flatMap((obj) => membersOf(obj, request, ids.get(obj.tn) ?? 0n)),
  });
};

const writeOneByOne: Write = async (db, request) => {
  for (const obj of request.objs) {
    const row = rowOf(obj, request);
    const { value, kind, rantId } = row;
    const { id } = await db.publicIdentifier.upsert({
      where: { value_kind_rantId: { value, kind, rantId } },
      create: row,
      update: { transactionId: row.transactionId, mDate: row.cDate, rarId: row.rarId },
      select: { id: true },
    });
    await db.destinationGroupMember.deleteMany({ where: { publicIdentifierId: id } });
    await db.destinationGroupMember.createMany({ data: membersOf(obj, request, id) });
  }
};

function rowOf({ rant, rar, tn }: Tn, { transactionId, organizations }: Request) {
  const [rantId = 0, rarId = 0] = [organizations.get(rant), organizations.get(rar)];
  return { transactionId, cDate: new Date(), rantId, rarId, kind: 'TN' as const, value: tn };
}

function membersOf({ dgName }: Tn, { groups }: Request, publicIdentifierId: bigint) {
  const names = typeof dgName === 'string' ? [dgName] : dgName;
  return names.map((name, position) => ({
    publicIdentifierId,
    destinationGroupId: Number(groups.get(name)),
    position,
  }));
}

const wsdl = fileURLToPath(new URL('../../../../../wsdl/sppp.wsdl', import.meta.url));
const operations = { submitAddRqst: add };
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  listen(server, {
    path: '/sppp',
    services: { spppService: { spppPort: operations, spppSoap12Port: operations } },
    xml: readFileSync(wsdl, 'utf8'),
    uri: wsdl,
    callback: (error: unknown) => {
      if (error) throw error;
      process.stdout.write(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}/sppp\n`);
    },
  });
});
process.once('SIGTERM', () => process.exit());
