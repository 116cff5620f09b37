import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ClientBase, Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import { withinTime } from '../registry/connection/cancel-when.js';
import type { SharedPool } from '../registry/connection/shared-pool.js';
import { awaitStandbys } from '../registry/connection/standby-wait.js';
import { countFailed, findFailed } from '../registry/journal/failed-objects.js';
import {
  findRequest,
  findRequestsOf,
  isServerTransId,
  type JournalRow,
} from '../registry/journal/journalled-requests.js';
import type { Admitted } from './authenticate.js';
import { HttpRefusedError } from './http-refused.js';
import { readsParameters } from './route-schema.js';
import { transactionSchemas } from './transaction-schema.js';

/** Requests in one answer: a client's own ids need not be unique. */
const MAX_REQUESTS = 100;

/** Failed objects in one answer. */
const MAX_FAILURES = 1000;

/** Milliseconds in which the rows are read and the standbys have them. */
const READ_MS = 10_000;

/**
 * `GET /transaction`: whether a request was carried out, and which objects of it failed, for a registrar that did not get
 * the answer: by the server's id, or by the registrar's own. The requests of others are answered like unknown ones.
 */
export function addTransactionRoute(
  app: FastifyInstance,
  shared: SharedPool,
  authenticate: (request: FastifyRequest) => Admitted | Promise<Admitted>,
): void {
  const { byServerId, byClientId, failuresByServerId, failuresByClientId } = transactionSchemas;
  app.get<{ Params: { serverTransId: string } }>(
    '/transaction/:serverTransId',
    { schema: byServerId, ...readsParameters },
    async (request, reply) => {
      const { caller } = await authenticate(request);
      const { serverTransId } = request.params;
      const row = await readForGood(shared.of(caller.registrarId), (db) => findById(db, serverTransId));
      return reply.header('cache-control', 'no-store').send(transactionOf(ownOf(row, caller)));
    },
  );
  app.get<{ Params: { serverTransId: string }; Querystring: Query }>(
    '/transaction/:serverTransId/failures',
    { schema: failuresByServerId, ...readsParameters },
    async (request, reply) => {
      const { caller } = await authenticate(request);
      const after = afterIn(request.query);
      const pool = shared.of(caller.registrarId);
      const row = ownOf(await findById(pool, request.params.serverTransId), caller);
      return reply.header('cache-control', 'no-store').send(await failuresOf(pool, row, after));
    },
  );
  app.get<{ Querystring: Query }>(
    '/transaction',
    { schema: byClientId, ...readsParameters },
    async (request, reply) => {
      const { caller } = await authenticate(request);
      const { registrarId } = caller;
      const clientTransId = clientTransIdIn(request.query);
      const find = (db: ClientBase) => findRequestsOf(db, registrarId, clientTransId, MAX_REQUESTS);
      const rows = await readForGood(shared.of(registrarId), find);
      return reply.header('cache-control', 'no-store').send({ transactions: rows.map(transactionOf) });
    },
  );
  app.get<{ Querystring: Query }>(
    '/transaction/failures',
    { schema: failuresByClientId, ...readsParameters },
    async (request, reply) => {
      const { caller } = await authenticate(request);
      const after = afterIn(request.query);
      const pool = shared.of(caller.registrarId);
      const [latest] = await findRequestsOf(pool, caller.registrarId, clientTransIdIn(request.query), 1);
      if (latest === undefined) throw unknown();
      return reply.header('cache-control', 'no-store').send(await failuresOf(pool, latest, after));
    },
  );
}

interface Query {
  readonly clientTransId?: string | string[];
  readonly after?: string | string[];
}

function unknown(): HttpRefusedError {
  return new HttpRefusedError(404, 'No such request of yours has ended.');
}

/**
 * Reads what no failover takes back: the standbys have it before it is told. Whoever asks has lost the answer, and the commit
 * may have lost its wait for them with it.
 *
 * @throws what the driver throws, also if they do not have it in time
 */
async function readForGood<T>(pool: Pool, read: (db: ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isDone = false;
  try {
    const found = await withinTime(client, READ_MS, async (db) => {
      const rows = await read(db);
      await awaitStandbys(db);
      return rows;
    });
    isDone = true;
    return found;
  } finally {
    client.release(!isDone);
  }
}

async function findById(db: Pick<ClientBase, 'query'>, serverTransId: string): Promise<JournalRow | undefined> {
  return isServerTransId(serverTransId) ? findRequest(db, serverTransId) : undefined;
}

function ownOf(row: JournalRow | undefined, { registrar }: Caller): JournalRow {
  if (row?.registrar !== registrar) throw unknown();
  return row;
}

function clientTransIdIn({ clientTransId }: Query): string {
  if (typeof clientTransId !== 'string') throw new HttpRefusedError(400, 'clientTransId is needed, once.');
  return clientTransId.replaceAll('\0', '');
}

function afterIn({ after = '0' }: Query): number {
  if (typeof after === 'string' && /^[0-9]{1,9}$/.test(after)) return Number(after);
  throw new HttpRefusedError(400, 'after is the index of the last failure that you have: a whole number, once.');
}

async function failuresOf(pool: Pool, { id, serverTransId, clientTransId, failed }: JournalRow, after: number) {
  const { failed: failures, last } = await findFailed(pool, id, after, MAX_FAILURES);
  const stored = await countFailed(pool, id);
  const next = last === undefined ? null : `/transaction/${serverTransId}/failures?after=${last}`;
  return { serverTransId, clientTransId, failed, kept: stored, failures, next };
}

function transactionOf(row: JournalRow) {
  const { serverTransId, clientTransId, operation, mode, receivedAt, answeredAt, code, httpStatus, message } = row;
  const { objects, failed, codes, committed } = row;
  return {
    ...{ serverTransId, clientTransId, operation, mode, receivedAt, answeredAt, code, httpStatus, message },
    committed,
    applied: committed ? objects - failed : 0,
    ...{ objects, failed, codes: codes ?? {} },
  };
}
