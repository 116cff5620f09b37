import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { v7 as newTransId } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import { change } from '../../src/operations/change.js';
import { RequestRuns } from '../../src/operations/request-runs.js';
import { UnreadAnswers } from '../../src/operations/unread-answers.js';
import type { Received } from '../../src/registry/journal/journal.js';
import { ruleOf } from '../support/arbitrary.js';
import { registrarCredential } from '../support/registrar-credential.js';
import { startServer, type TestServer } from '../support/server.js';

/**
 * A relay to PostgreSQL that breaks at a commit: before the commit reaches the database, once it is on its way, or before
 * its answer returns. It can also hold the commit while only the server finds the connection broken.
 */
class Wire {
  breaks: 'not' | 'before the commit' | 'holding the commit' | 'during the commit' | 'after the commit' = 'not';
  /** Delivers the commit that is held. Returns whether the database took it. */
  deliver: () => Promise<boolean> = async () => false;
  readonly server: Server;

  constructor(host: string, port: number) {
    this.server = createServer((client) => {
      const database = connect(port, host);
      let isLost = false;
      client.on('data', (data) => {
        const isCommit = data.includes('COMMIT');
        if (isCommit && this.breaks === 'before the commit') {
          this.breaks = 'not';
          client.destroy();
          database.destroy();
        } else if (isCommit && this.breaks === 'holding the commit') {
          this.breaks = 'not';
          client.removeAllListeners('close').destroy();
          this.deliver = () => answers(database, data);
        } else {
          if (isCommit && this.breaks === 'after the commit') isLost = true;
          database.write(data);
          if (isCommit && this.breaks === 'during the commit') {
            this.breaks = 'not';
            client.removeAllListeners('close').destroy();
          }
        }
      });
      database.on('data', (data) => {
        if (!isLost) {
          client.write(data);
          return;
        }
        this.breaks = 'not';
        client.destroy();
        database.destroy();
      });
      for (const [one, other] of [[client, database] as const, [database, client] as const]) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
  }
}

/** Whether the database answers to this. */
async function answers(database: Socket, data: Buffer): Promise<boolean> {
  if (database.destroyed) return false;
  return new Promise((resolve) => {
    database.once('data', () => resolve(true)).once('close', () => resolve(false));
    database.write(data);
  });
}

let server: TestServer;
let wire: Wire;
let pool: pg.Pool;

beforeAll(async () => {
  server = await startServer();
  const direct = new URL(server.databaseUrl);
  wire = new Wire(direct.hostname, Number(direct.port));
  wire.server.listen(0, '127.0.0.1');
  await once(wire.server, 'listening');
  const wired = new URL(direct);
  wired.port = String((wire.server.address() as AddressInfo).port);
  pool = new pg.Pool({ connectionString: wired.href, max: 3, types: server.deps.database.pool.options.types });
  pool.on('connect', (client) => client.on('error', () => undefined));
});

afterAll(async () => {
  await pool.end();
  wire.server.close();
  await server.close();
});

async function addGroup(dgName: string) {
  const credential = await registrarCredential(server.deps.credentials, 'ssp2r');
  if (credential === undefined) throw new Error('no credential');
  const { id: credentialId, registrarId, registrar, grants } = credential;
  const received: Received = {
    serverTransId: newTransId(),
    clientTransId: undefined,
    registrarId,
    credentialId,
    operation: 'submitAddRqst',
    mode: 'atomic',
    receivedAt: new Date(),
    remoteAddress: undefined,
    userAgent: undefined,
  };
  const subject = { kind: 'DestGrpType', rant: 'iana-en:222', rar: 'iana-en:223', dgName } as const;
  const caller = { credentialId, registrarId, registrar, grants };
  const { cor: corRules, limits } = readConfig({});
  const { commitInquiry } = server.deps;
  const unreadAnswers = new UnreadAnswers(limits.unread);
  const means = { pool, commitInquiry, clock: () => new Date(), corRules, unreadAnswers };
  const request = { head: { rule: ruleOf('submitAddRqst') }, caller, received };
  return change(RequestRuns.of([{ index: 0, verb: 'add', subject }]), request, means);
}

const groups = (name: string) => server.sql('SELECT name FROM sppp.destination_group WHERE name = $1', [name]);

it('a request that was committed when the connection broke is answered as committed', async () => {
  wire.breaks = 'after the commit';
  expect(await addGroup('KEPT')).toMatchObject({ outcome: { overall: { code: 1000 }, committed: true } });
  expect(wire.breaks).toBe('not');
  expect(await groups('KEPT')).toHaveLength(1);
});

it('a request whose commit waits in the database when the connection breaks is waited for', async () => {
  const other = new pg.Client({ connectionString: server.databaseUrl });
  await other.connect();
  try {
    await other.query('BEGIN');
    await other.query('LOCK TABLE sppp.destination_group IN SHARE MODE');
    wire.breaks = 'during the commit';
    const added = addGroup('SLOW');
    const failed = added.catch((error: unknown) => error);
    const isWaitedFor = async () => {
      const asking = await server.sql(`SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'sppp commit inquiry' AND query ~ 'pg_terminate_backend'`);
      return asking.length > 0;
    };
    let hasEnded = false;
    failed.then(() => {
      hasEnded = true;
    });
    while (!hasEnded && !(await isWaitedFor())) await new Promise(setImmediate);
    await other.query('COMMIT');
    expect(await failed).toMatchObject({ outcome: { overall: { code: 1000 }, committed: true } });
    expect(await groups('SLOW')).toHaveLength(1);
  } finally {
    await other.end();
  }
});

it('a request whose commit never reached the database fails, and stores nothing', async () => {
  wire.breaks = 'before the commit';
  await expect(addGroup('LOST')).rejects.toThrow();
  expect(wire.breaks).toBe('not');
  expect(await groups('LOST')).toHaveLength(0);
  expect(await server.sql(`SELECT FROM sppp.transaction WHERE operation = ''`)).toHaveLength(0);
});

it('a request whose commit is still on its way fails, and the commit cannot arrive any more', async () => {
  wire.breaks = 'holding the commit';
  await expect(addGroup('HELD')).rejects.toThrow();
  expect(await wire.deliver()).toBe(false);
  expect(await groups('HELD')).toHaveLength(0);
});
