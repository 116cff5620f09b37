/**
 * The compose file: its parts fit each other, its scripts make what they should, and its two nodes start together on an empty
 * database and serve behind its HAProxy (Debian: haproxy).
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Installation, install, type Serving, sppp } from '../support/command-line.js';
import { DigestClient, send } from '../support/digest-client.js';
import { freePort } from '../support/free-port.js';
import { addRequest, destGrp, readAnswer } from '../support/message.js';
import { documentOf, pathOf, runDeployed, startDeployed, textOf, unknownIn } from './support/deployed.js';
import { type DurableDatabase, startDurable } from './support/durable.js';
import { haproxy, isMissing, psql, run } from './support/programs.js';

interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly user?: string;
  readonly read_only?: boolean;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const FILE = 'test/deploy/compose.test.ts';
const FOLDER = 'deploy/compose';
const { services, secrets, volumes } = await documentOf<Compose>(`${FOLDER}/compose.yaml`);
const nodes = ['node1', 'node2'];

describe.each(Object.entries(services))('%s', (name, service) => {
  it('refers to secrets, volumes, files and services that exist', async () => {
    expect((service.secrets ?? []).filter((secret) => !(secret in secrets))).toEqual([]);
    const others = service.depends_on ?? [];
    const names = Array.isArray(others) ? others : Object.keys(others);
    expect(names.filter((each) => !(each in services))).toEqual([]);
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(await stat(pathOf(join(FOLDER, source))), source).toBeDefined();
      else expect(volumes).toHaveProperty(source);
    }
    const files = Object.entries(service.environment ?? {}).filter(([variable]) => variable.endsWith('_FILE'));
    expect(
      files.map(([, path]) => path.replace('/run/secrets/', '')).filter((each) => !service.secrets?.includes(each)),
    ).toEqual([]);
  });

  it.runIf(['migrate', ...nodes].includes(name))('has settings that exist, and no place to write', () => {
    expect(unknownIn(service.environment ?? {})).toEqual([]);
    expect([service.read_only, service.user]).toEqual([true, '1000:1000']);
  });
});

describe('scripts', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sppp-compose-'));
    await cp(pathOf(FOLDER), folder, { recursive: true, filter: (source) => !source.endsWith('/secrets') });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('make the secrets once, in a folder that others cannot read', async () => {
    const sh = { name: 'sh', debian: 'dash' };
    await run(sh, [join(folder, 'secrets.sh')]);
    for (const { file } of Object.values(secrets)) {
      expect((await readFile(join(folder, file), 'utf8')).length, file).toBeGreaterThanOrEqual(48);
    }
    expect((await stat(join(folder, 'secrets'))).mode & 0o777).toBe(0o700);
    const password = await readFile(join(folder, 'secrets/sppp-password'), 'utf8');
    expect(new URL(await readFile(join(folder, 'secrets/database-url'), 'utf8')).password).toBe(password);
    await expect(run(sh, [join(folder, 'secrets.sh')])).rejects.toThrow('File exists');
  });

  it.skipIf(isMissing(psql, FILE))('make the roles and the database', async () => {
    // Of its own, for names of roles and databases are those of a whole PostgreSQL; here they would meet others.
    const script = await textOf(`${FOLDER}/create-database.sh`);
    const suffix = `_${Date.now()}_${process.pid}`;
    const renamed = script.replaceAll(/\b(ROLE|OWNER|DATABASE) (sppp\w*)/g, `$1 $2${suffix}`);
    await writeFile(join(folder, 'renamed.sh'), renamed);
    await writeFile(join(folder, 'password'), "it's a password");
    const server = new URL(inject('postgresUrl'));
    const env = {
      ...{ PATH: process.env.PATH, PGHOST: server.hostname, PGPORT: server.port, PGPASSWORD: server.password },
      ...{ POSTGRES_USER: server.username, PASSWORD_FILE: join(folder, 'password') },
    };
    const child = spawn('sh', [join(folder, 'renamed.sh')], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    expect(await once(child, 'exit')).toEqual([0, null]);
    const own = new URL(server);
    Object.assign(own, { username: `sppp${suffix}`, password: "it's a password", pathname: `/sppp${suffix}` });
    const client = new pg.Client({ connectionString: own.href });
    await client.connect();
    await client.query('CREATE SCHEMA sppp');
    await client.end();
    const admin = new pg.Client({ connectionString: server.href.replace(server.pathname, '/postgres') });
    await admin.connect();
    await admin.query(`DROP DATABASE sppp${suffix}`);
    await admin.query(`DROP ROLE sppp${suffix}, sppp_operator${suffix}`);
    await admin.end();
  });
});

describe('two nodes on an empty database', () => {
  let installation: Installation;
  let database: DurableDatabase;
  let serving: readonly Serving[] = [];
  beforeAll(async () => {
    [installation, database] = await Promise.all([install(), startDurable('empty')]);
    const deployed = (name: string) => {
      const { command: args = [], environment: env = {} } = services[name] ?? {};
      return [installation, { args, env }, { DATABASE_URL_FILE: database.url }] as const;
    };
    const { code, err } = await runDeployed(...deployed('migrate'));
    expect([code, err]).toEqual([0, '']);
    const start = (name: string) => startDeployed(...deployed(name));
    serving = await Promise.all(nodes.map(start));
  }, 300_000);
  afterAll(async () => {
    for (const each of serving) await each.end('SIGTERM');
    await installation?.remove();
    await database?.close();
  });

  it('start at the same time, and have metrics', async () => {
    expect(new Set(serving.map(({ url }) => url)).size).toBe(2);
    for (const each of serving) expect((await send(each.told('metrics'))).text).toContain('sppp_build_info{');
  });

  it.skipIf(isMissing(haproxy, FILE))(
    'serve behind HAProxy, also while one of them is stopped',
    { timeout: 180_000 },
    async () => {
      const proxy = await startHaproxy(serving.map(({ url }) => new URL(url ?? '').host));
      try {
        const metrics = async () => (await send(proxy.metricsUrl)).text;
        for (const backend of ['writers', 'living', 'lookups']) {
          await expect.poll(metrics).toContain(`haproxy_backend_active_servers{proxy="${backend}"} 2`);
        }
        const used = [await textOf('deploy/monitoring/alerts.yml'), await textOf('deploy/monitoring/dashboard.json')];
        const names = used.flatMap((text) => [...text.matchAll(/\bhaproxy_\w+/g)].map(([name]) => name));
        const text = await metrics();
        expect(names.filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);

        const add = await carrier(proxy.url);
        for (let count = 0; count < 10; count++) expect(await add(`BEFORE_${count}`)).toBe(1000);
        const stopped = serving[0]?.end('SIGTERM');
        await expect.poll(metrics).toContain('haproxy_backend_active_servers{proxy="writers"} 1');
        expect(await stopped).toBe(0);
        for (let count = 0; count < 10; count++) expect(await add(`AFTER_${count}`)).toBe(1000);
      } finally {
        await proxy.stop();
      }
    },
  );

  /** A new registrar, which adds a group through a server and returns the code or the status. */
  async function carrier(url: string): Promise<(name: string) => Promise<number>> {
    const settings = { DATABASE_URL: database.url };
    const password = 'a password of this test';
    const login = ['credential', 'add', 'iana-en:222', 'ssp2', '--password-file', '-'];
    for (const args of [['org', 'add', 'iana-en:222'], ['grant', 'add', 'iana-en:222', 'iana-en:222'], login]) {
      expect((await sppp(installation, args, settings, password)).code).toBe(0);
    }
    const client = new DigestClient({ username: 'ssp2', password });
    return async (name) => {
      const body = addRequest(destGrp(name, { rant: 'iana-en:222', rar: 'iana-en:222' }));
      const sent = { method: 'POST', headers: { 'content-type': 'text/xml', connection: 'close' }, body };
      const { status, text } = await client.send(`${url}/sppp`, sent);
      return status === 200 ? readAnswer(text).code : status;
    };
  }
});

describe.skipIf(isMissing(haproxy, FILE))('haproxy -c', () => {
  it.each(['nodes.cfg', 'postgresql.cfg'])('finds no fault in %s', async (name) => {
    // The names of its servers are those of other machines.
    const output = await run(haproxy, ['-c', '-f', pathOf(`deploy/haproxy/${name}`)]);
    const faults = output.split('\n').filter((line) => /ALERT|WARNING/.test(line) && !/could not resolve/.test(line));
    expect(faults).toEqual([]);
  });
});

describe.skipIf(isMissing(haproxy, FILE))('nodes.cfg', () => {
  it('sends feeds to nodes of look-ups, and where requests go while there is none', { timeout: 60_000 }, async () => {
    const [node, ofLookups] = [await startNamed('node'), await startNamed('look-ups')];
    const proxy = await startHaproxy([node.host, node.host], ofLookups.host);
    const answers = async (path: string) => (await send(`${proxy.url}${path}`).catch(() => undefined))?.text;
    try {
      await expect.poll(() => answers('/feed?asker=iana-en:111'), { timeout: 20_000 }).toBe('look-ups');
      expect(await answers('/sppp')).toBe('node');
      expect(await answers('/lookup/+1?asker=iana-en:111')).toBe('node');
      await ofLookups.stop();
      await expect.poll(() => answers('/feed?asker=iana-en:111'), { timeout: 20_000 }).toBe('node');
    } finally {
      await proxy.stop();
      await Promise.all([node.stop(), ofLookups.stop()]);
    }
  });
});

/** An HTTP server that answers everything, health checks too, with its name. */
async function startNamed(name: string) {
  const server = createHttpServer((_request, response) => void response.end(name)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    stop: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** HAProxy with nodes.cfg, before nodes at these addresses instead of those of the containers, and a node of look-ups. */
async function startHaproxy([first = '', second = '']: readonly string[], lookups?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-haproxy-'));
  const [port, metricsPort] = [await freePort(), await freePort()];
  const file = join(folder, 'nodes.cfg');
  const text = (await textOf('deploy/haproxy/nodes.cfg'))
    .replace(
      /^backend feeds$/m,
      lookups === undefined ? '$&' : `$&\n  server lookups1 ${lookups} check inter 1s rise 1`,
    )
    .replaceAll('node1:8080', first)
    .replaceAll('node2:8080', second)
    .replace('bind :8080', `bind 127.0.0.1:${port}`)
    .replace('bind :8405', `bind 127.0.0.1:${metricsPort}`);
  await writeFile(file, text);
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  return {
    url: `http://127.0.0.1:${port}`,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
