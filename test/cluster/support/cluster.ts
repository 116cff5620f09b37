import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { secretsOf } from '../../../src/cli/password.js';
import {
  addCredential,
  addGrant,
  addOrganization,
  revokeCredential,
} from '../../../src/registry/access/administration.js';
import { openDatabase } from '../../../src/registry/connection/database.js';
import type { PrismaClient } from '../../../src/registry/prisma-client/client.js';
import { migrate } from '../../../src/registry/schema/migrate.js';
import { type Installation, install } from '../../support/command-line.js';
import { freePort } from '../../support/free-port.js';
import { type Balancer, startDatabaseProxy, startNodeProxy } from './haproxy.js';
import { type Node, startNode } from './node.js';
import { type Described, describeMembers, type Member, startMember } from './patroni.js';
import { Stage } from './stage.js';

/** Registrars of the cluster: each acts for itself. */
export const registrars = ['iana-en:111', 'iana-en:222', 'iana-en:333', 'iana-en:444'] as const;

/** The user name of a registrar, which is its password as well. */
export const userOf = (registrar: string) => `user-${registrar.split(':')[1]}`;

/** Three PostgreSQL with Patroni and a synchronous standby, HAProxy before them, two nodes, and HAProxy before those. */
export interface Cluster {
  readonly stage: Stage;
  readonly members: readonly Member[];
  readonly databaseProxy: Balancer;
  readonly nodes: readonly Node[];
  readonly nodeProxy: Balancer;
  /** Where carriers send their requests. */
  readonly url: string;
  /** The database by way of its proxy. */
  readonly databaseUrl: string;
  /** The primary, as Patroni has it; waits until there is one. */
  primary(): Promise<Member>;
  /** The synchronous standby. */
  synchronous(): Promise<Member>;
  /** Waits until another member than the former primary is the primary. */
  promoted(former: Member): Promise<void>;
  /** Waits until there is a primary with a synchronous standby, and all others follow it; another one than `former`, if given. */
  settled(former?: Member): Promise<void>;
  /** A connection to the primary, as the superuser. */
  connect(): Promise<pg.Client>;
  /** Logins, whose passwords are their user names. */
  readonly credentials: {
    add(registrar: string, username: string): Promise<void>;
    revoke(username: string): Promise<void>;
  };
  close(): Promise<void>;
}

export interface ClusterOptions {
  /** Settings of PostgreSQL, and of the nodes. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Milliseconds for what takes seconds on a quiet machine. */
const PATIENCE = 120_000;

/** Starts all of it, with the organizations and logins of `registrars`. If that fails, nothing is left. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const [stage, installation] = await Promise.all([Stage.open(), install()]);
  const close = async () => {
    await stage.close();
    await installation.remove();
  };
  try {
    return await startOn(stage, installation, options, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function startOn(
  stage: Stage,
  installation: Installation,
  { parameters = {}, settings = {} }: ClusterOptions,
  closeStage: () => Promise<void>,
): Promise<Cluster> {
  const etcd = await startEtcd(stage);
  const members = await Promise.all(
    ['pg1', 'pg2', 'pg3'].map((name) => startMember({ stage, name, etcd, parameters })),
  );
  const primary = () => memberWith(members, 'leader');
  const settled = (former?: Member) => waitUntilSettled(members, former);
  await settled();
  const connect = async () => connectTo(await primary(), 'sppp');
  const databaseProxy = await startDatabaseProxy(stage, members);
  const client = await connectTo(await primary(), 'postgres');
  for (const statement of [
    `CREATE ROLE sppp LOGIN PASSWORD 'sppp'`,
    `CREATE ROLE sppp_operator NOLOGIN`,
    `CREATE DATABASE sppp OWNER sppp ENCODING 'UTF8' TEMPLATE template0`,
  ]) {
    await client.query(statement);
  }
  await client.end();
  const databaseUrl = `postgresql://sppp:sppp@${databaseProxy.address}:${databaseProxy.port}/sppp?sslmode=disable`;
  await migrate(databaseUrl);
  const node = (name: string) => startNode({ stage, name, installation, database: databaseProxy, settings });
  const nodes = await Promise.all(['node1', 'node2'].map(node));
  const nodeProxy = await startNodeProxy(stage, nodes);
  await populate(databaseUrl);
  return {
    ...{ stage, members, databaseProxy, nodes, nodeProxy, databaseUrl, primary, settled, connect },
    synchronous: () => memberWith(members, 'sync_standby'),
    promoted: async (former) => {
      await waitFor('another primary', members, async () => {
        const described = await describeMembers(members);
        const leader = described.find(({ role, state }) => role === 'leader' && state === 'running');
        return leader !== undefined && leader.name !== former.name ? leader : undefined;
      });
    },
    credentials: {
      add: (registrar, username) => withRegistry(databaseUrl, (prisma) => addLogin(prisma, registrar, username)),
      revoke: (username) => withRegistry(databaseUrl, (prisma) => revokeCredential(prisma, username, new Date())),
    },
    url: `http://${nodeProxy.address}:${nodeProxy.port}`,
    close: async () => {
      await Promise.all(nodes.map(({ forwarder }) => forwarder.close()));
      await closeStage();
    },
  };
}

async function startEtcd(stage: Stage): Promise<string> {
  const address = stage.address();
  const client = `${address}:${await freePort(address)}`;
  const peer = `http://${address}:${await freePort(address)}`;
  const args = [
    ...['--data-dir', `${stage.folder}/etcd`, '--name', 'etcd', '--initial-cluster', `etcd=${peer}`],
    ...['--listen-client-urls', `http://${client}`, '--advertise-client-urls', `http://${client}`],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
  ];
  await stage.start({ name: 'etcd', command: 'etcd', args });
  return client;
}

async function memberWith(members: readonly Member[], role: string): Promise<Member> {
  return waitFor(`member that is ${role}`, members, async () => {
    const found = (await describeMembers(members)).find((each) => each.role === role && isUp(each));
    return members.find(({ name }) => name === found?.name);
  });
}

async function waitUntilSettled(members: readonly Member[], former?: Member): Promise<void> {
  await waitFor('a primary, a synchronous standby and a third member that follows', members, async () => {
    const described = await describeMembers(members);
    const timelines = new Set(described.map(({ timeline }) => timeline));
    const roles = described.filter(isUp).map(({ role }) => role);
    const leader = described.find(({ role }) => role === 'leader');
    const isSettled =
      leader?.name !== former?.name &&
      timelines.size === 1 &&
      ['leader', 'sync_standby', 'replica'].every((role) => roles.includes(role));
    return isSettled || undefined;
  });
}

function isUp({ state }: Described): boolean {
  return state === 'running' || state === 'streaming';
}

async function waitFor<T>(what: string, members: readonly Member[], look: () => Promise<T | undefined>): Promise<T> {
  for (const until = Date.now() + PATIENCE; Date.now() < until; await delay(200)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  const words = await Promise.all(members.map(async ({ patroni }) => (await patroni.log()).slice(-1000)));
  throw new Error(
    `no ${what} after ${PATIENCE} ms: ${JSON.stringify(await describeMembers(members))}\n${words.join('\n')}`,
  );
}

/** Fails if the member is no primary, or no longer. */
async function connectTo({ name, address, port }: Member, database: string): Promise<pg.Client> {
  const client = new pg.Client({ host: address, port, user: 'postgres', password: 'postgres', database });
  client.on('error', () => undefined); // the next query says it
  await client.connect();
  const { rows } = await client.query<{ is: boolean }>('SELECT pg_is_in_recovery() AS is');
  if (rows[0]?.is === false) return client;
  await client.end();
  throw new Error(`${name} is no primary`);
}

async function populate(databaseUrl: string): Promise<void> {
  await withRegistry(databaseUrl, async (prisma) => {
    for (const registrar of registrars) {
      await addOrganization(prisma, registrar, '');
      await addGrant(prisma, registrar, registrar);
      await addLogin(prisma, registrar, userOf(registrar));
    }
  });
}

function addLogin(prisma: PrismaClient, registrar: string, username: string): Promise<void> {
  return addCredential(prisma, { registrar, username, label: '', ...secretsOf(username, username) });
}

async function withRegistry(databaseUrl: string, use: (prisma: PrismaClient) => Promise<void>): Promise<void> {
  const { prisma, close } = await openDatabase(databaseUrl, { maxConnections: 2 });
  await use(prisma).finally(close);
}
