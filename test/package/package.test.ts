/** The published package: packed, installed alone in an empty folder without development tools, and run. */

import { execFile } from 'node:child_process';
import { chmod, lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installation, Serving, sppp } from '../support/command-line.js';
import { DigestClient } from '../support/digest-client.js';
import { addRequest, destGrp, readAnswer } from '../support/message.js';
import { PageReader } from '../support/page-reader.js';
import { validateMessage } from '../support/schema.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const about = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as {
  version: string;
  peerDependencies: Record<string, string>;
};

/** Megabytes of an installation on one platform. */
const MAX_MEGABYTES = 190;
const TIMEOUT_MS = 600_000;

let folder: string;
let installation: Installation;
let settings: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sppp-package-'));
  await chmod(folder, 0o755); // PostgreSQL may run under an account of its own
  settings = { SPPP_PORT: '0', SPPP_DATA_DIR: join(folder, 'data') };
  await run('npm', ['run', '--silent', 'pack', '--', '--silent', '--pack-destination', folder], project);
  await writeFile(join(folder, 'package.json'), '{ "name": "empty", "private": true }\n');
  const tarball = `./sppp-server-${about.version}.tgz`;
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], folder);
  const installed = join(folder, 'node_modules', 'sppp-server');
  installation = { folder: installed, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 20 }) };
}, TIMEOUT_MS);

afterAll(async () => {
  await (installation?.remove() ?? rm(folder, { recursive: true, force: true }));
}, TIMEOUT_MS);

/** Runs a program to its end, without what npm and vitest have put into the environment; its output. */
async function run(file: string, args: readonly string[], cwd: string): Promise<string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:npm_|SPPP_|DATABASE_URL|PG|VITEST|NODE_)/i.test(name)),
  );
  return (await promisify(execFile)(file, args, { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 26 })).stdout;
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(path.length + 1)
        .replaceAll('\\', '/'),
    );
}

describe('the package', () => {
  it('has the programs and the documents, and neither sources nor tests', async () => {
    const files = await filesBelow(installation.folder);
    expect(files).toEqual(
      expect.arrayContaining([
        ...['package.json', 'README.md', 'LICENSE', 'SECURITY.md', 'CHANGELOG.md', 'docs/architecture.md'],
        ...['dist/cli/sppp.js', 'dist/registry/prisma-client/client.js', 'dist/registry/prisma-client/LICENSE'],
        ...['wsdl/sppp.wsdl', 'prisma/schema.prisma'],
      ]),
    );
    expect(files.filter((file) => /\.map$|\.test\.|^(?:src|test|node_modules)\/|(?<!\.d)\.ts$/.test(file))).toEqual([]);
    for (const file of files.filter((name) => name.endsWith('.js'))) {
      expect(await readFile(join(installation.folder, file), 'utf8'), file).not.toContain('sourceMappingURL=');
    }
  });

  it('has all pages that its README links to', async () => {
    const files = new Set(await filesBelow(installation.folder));
    const readme = await readFile(join(installation.folder, 'README.md'), 'utf8');
    const pages = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, page = '']) => page);
    expect(pages.filter((page) => !files.has(page))).toEqual([]);
  });

  it(`takes at most ${MAX_MEGABYTES} MB with all that it needs`, async () => {
    const modules = join(folder, 'node_modules');
    let bytes = 0;
    for (const file of await filesBelow(modules)) bytes += (await lstat(join(modules, file))).blocks * 512;
    const megabytes = bytes / 2 ** 20;
    process.stdout.write(`installed: ${Math.ceil(megabytes)} MB\n`);
    expect(megabytes).toBeLessThanOrEqual(MAX_MEGABYTES);
  });

  it('brings no development tools', async () => {
    const modules = await readdir(join(folder, 'node_modules'));
    expect(modules.filter((name) => /^(?:prisma|typescript|vitest|rolldown)$/.test(name))).toEqual([]);
  });
});

describe('installed', () => {
  it('sppp --version prints the version', async () => {
    expect(await run('npx', ['--no-install', 'sppp', '--version'], folder)).toBe(`${about.version}\n`);
  });

  it('sppp demo answers a message, and names the package that pictures of the console need', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const demo = await Serving.start(installation, ['demo', '--with-data'], settings);
    try {
      const client = new DigestClient({ username: 'ssp2r', password: demo.told('login {3}ssp2r') });
      const sent = { method: 'POST', headers: { 'content-type': 'text/xml' }, body: addRequest(destGrp('PACKED')) };
      const { status, text } = await client.send(demo.url ?? '', sent);
      expect([status, validateMessage(text), readAnswer(text).code]).toEqual([200, [], 1000]);
      const reader = new PageReader(new URL(demo.url ?? '').origin);
      await reader.logIn('ssp2r', demo.told('login {3}ssp2r'));
      const page = await reader.get('/console/why?identifier=%2B12025550101&asker=iana-en%3A222');
      expect(page.text).toContain(`npm install '@viz-js/viz@${about.peerDependencies['@viz-js/viz']}'`);
    } finally {
      expect(await demo.end('SIGINT'), demo.err).toBe(0);
    }
  });

  it('names the packages that traces need, if traces are on', { timeout: TIMEOUT_MS }, async () => {
    const traced = { ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
    const { code, err } = await sppp(installation, ['demo'], traced);
    const packages = Object.entries(about.peerDependencies)
      .filter(([name]) => name.startsWith('@opentelemetry/'))
      .map(([name, range]) => `'${name}@${range}'`);
    expect([code, err]).toEqual([
      1,
      `sppp: OTEL_EXPORTER_OTLP_ENDPOINT: traces need more packages: npm install ${packages.join(' ')}\n`,
    ]);
  });

  it('starts a server for the program that imports it', { timeout: TIMEOUT_MS }, async () => {
    const program = `import { startServer } from 'sppp-server';
const server = await startServer(${JSON.stringify({ ...settings, SPPP_LOG_LEVEL: 'warn' })});
const about = await fetch(new URL('/about', server.url));
console.log(about.status, await about.text());
await server.close();
`;
    await writeFile(join(folder, 'program.mjs'), program);
    expect(await run(process.execPath, ['program.mjs'], folder)).toContain(`200 {`);
  });

  it('has types that need no other package', { timeout: TIMEOUT_MS }, async () => {
    const program = `import { type RunningServer, startServer } from 'sppp-server';
const server: RunningServer = await startServer({ SPPP_PORT: '0' });
export const url: string = server.url;
await server.close();
`;
    await writeFile(join(folder, 'program.mts'), program);
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', ''];
    const compiler = join(project, 'node_modules', '.bin', 'tsc');
    expect(await run(compiler, [...options, 'program.mts'], folder)).toBe('');
  });

  it('has a client library that loads nothing of the server', { timeout: TIMEOUT_MS }, async () => {
    const program = `import { createRequire } from 'node:module';
import { connect } from 'sppp-server/client';
const registry = connect({ url: 'http://127.0.0.1:1', user: 'ssp1', password: 'secret' });
const refused = await registry.status().catch((error) => error);
console.log(refused.name);
for (const path of Object.keys(createRequire(import.meta.url).cache)) console.log(path);
`;
    const hook = `import { appendFileSync } from 'node:fs';
export function load(url, context, next) {
  appendFileSync('loaded.txt', url + '\\n');
  return next(url, context);
}
`;
    await writeFile(join(folder, 'client.mjs'), program);
    await writeFile(join(folder, 'hook.mjs'), hook);
    await writeFile(
      join(folder, 'record.mjs'),
      `import { register } from 'node:module';\nregister('./hook.mjs', import.meta.url);\n`,
    );
    const [name, ...required] = (await run(process.execPath, ['--import', './record.mjs', 'client.mjs'], folder)).split(
      '\n',
    );
    expect(name).toBe('NotConnectedError');
    const loaded = [...required, ...(await readFile(join(folder, 'loaded.txt'), 'utf8')).split('\n')];
    const own = loaded.flatMap((path) => /sppp-server\/dist\/([^/]+)/.exec(path)?.[1] ?? []);
    expect([...new Set(own)].sort()).toEqual(['client', 'model', 'own-package.js', 'soap', 'sppp', 'values']);
    const packages = loaded.flatMap(
      (path) => /node_modules\/(?!.*node_modules\/)((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
    );
    expect(packages).toEqual(expect.arrayContaining(['sppp-server', 'soap', 'saxes']));
    expect(
      packages.filter((each) =>
        /^(?:pg|fastify|pino|prom-client|uuid|lru-cache|@prisma|@embedded|@fastify)/.test(each),
      ),
    ).toEqual([]);
  });

  it('has types of the client library that need no other package', { timeout: TIMEOUT_MS }, async () => {
    const program = `import { type BulkPart, type ChangeItem, connect, type Obj, type Outcome, SpppError } from 'sppp-server/client';
const registry = connect({ url: 'https://sppp.example.net', user: 'ssp1', password: 'secret', mode: 'partial' });
const number: Obj = { kind: 'TNType', rant: 'a:1', rar: 'a:1', dgName: ['DG_ONE'], tn: '+12025550100', sedRecRef: [] };
const outcome: Outcome = await registry.add([number]);
for (const { index, code, attribute, value } of outcome.verdicts) index satisfies number | undefined;
async function* items(): AsyncGenerator<ChangeItem> {
  yield { verb: 'add', subject: number };
}
export const parts: BulkPart[] = [];
try {
  for await (const part of registry.bulk(items(), { perRequest: 5000, signal: new AbortController().signal })) parts.push(part);
} catch (error) {
  if (!(error instanceof SpppError && error.isRetrySafe)) throw error;
}
// @ts-expect-error: no such kind of object
await registry.add([{ kind: 'Number', tn: '1' }]);
`;
    await writeFile(join(folder, 'client-types.mts'), program);
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', ''];
    const compiler = join(project, 'node_modules', '.bin', 'tsc');
    expect(await run(compiler, [...options, 'client-types.mts'], folder)).toBe('');
  });

  it('has a client library that the strictest program can call as a whole', { timeout: TIMEOUT_MS }, async () => {
    const program = `import * as sppp from 'sppp-server/client';
import type { BulkOptions, BulkPart, ChangeItem, Connection, ConnectOptions, Found, HttpAnswer, Key, Obj, OfferFilter,
  Outcome, SedGrpOfferKey, ServerState, SoapClient, Verdict } from 'sppp-server/client';
declare const environment: Readonly<Record<string, string | undefined>>;
declare const maybe: undefined | number;
const options: ConnectOptions = { url: environment.URL ?? '', user: environment.USER, password: environment.PASSWORD,
  certificate: undefined, ca: environment.CA, mode: undefined, timeout: maybe, patience: maybe };
const registry: Connection = sppp.connect(options);
const own = { rant: 'a:1', rar: 'a:1' } as const;
const objects: Obj[] = [
  { kind: 'DestGrpType', ...own, dgName: 'DG' },
  { kind: 'TNType', ...own, dgName: ['DG'], tn: '1', sedRecRef: [], corInfo: { corClaim: true } },
  { kind: 'TNRType', ...own, dgName: [], range: { startRange: '1', endRange: '2' } },
  { kind: 'TNPType', ...own, dgName: [], tnPrefix: '1' },
  { kind: 'RNType', ...own, dgName: [], rn: '1' },
  { kind: 'URIPubIdType', ...own, dgName: [], uri: 'sip:a' },
];
const offer: SedGrpOfferKey = { kind: 'SedGrpOfferKeyType', offeredTo: 'a:2',
  sedGrpKey: { kind: 'ObjKeyType', rant: 'a:1', name: 'SG', type: 'SedGrp' } };
const keys: Key[] = [offer, { kind: 'PubIdKeyType', rant: 'a:1', number: { value: '1', type: 'TN' } }];
const items: ChangeItem[] = [{ verb: 'add', subject: objects[0]! }, { verb: 'delete', subject: keys[1]! },
  { verb: 'accept', subject: offer }, { verb: 'reject', subject: offer }];
export async function all(): Promise<unknown> {
  const outcomes: Outcome[] = [await registry.add(objects), await registry.delete(keys), await registry.accept([offer]),
    await registry.reject([offer]), await registry.batch(items)];
  const verdicts: Verdict[] = outcomes.flatMap((outcome) => [...outcome.verdicts]);
  const places: number[] = verdicts.flatMap(({ index }) => index ?? []);
  const claims: readonly number[] = outcomes[0]?.unknownClaims ?? [];
  const found: Found = await registry.get(keys);
  await registry.add(found.objects);
  const filter: OfferFilter = { offeredBy: undefined, offeredTo: ['a:1'], status: undefined, keys: [offer] };
  const offers: Found = await registry.offers(filter);
  const state: ServerState = await registry.status();
  const bulk: BulkOptions = { perRequest: maybe, atOnce: 2, from: 0, transId: (first) => 'id-' + first, patience: maybe,
    signal: undefined, onThrottled: (wait) => wait.toFixed() };
  for await (const part of registry.bulk(items, bulk)) part satisfies BulkPart;
  const { outcome, settled } = await registry.bulkRequest(items, { clientTransId: 'abc', mayHaveBeenSent: true, from: 5 });
  const answer: HttpAnswer = await registry.httpGet('/objects', { kind: ['TNType'], rant: undefined });
  const text: string = await answer.text();
  const soap: SoapClient = await registry.soap();
  registry.close();
  return [places, claims, offers, state, outcome, settled, text, soap.lastRequest];
}
export function told(error: unknown): string {
  if (error instanceof sppp.WrongUseError) return error.method + error.field + (error.index ?? '') + (error.value ?? '') + error.rule;
  if (!(error instanceof sppp.SpppError)) return '';
  if (error instanceof sppp.LoginRefusedError) return String(error.status satisfies 401 | 403);
  if (error instanceof sppp.ThrottledError) return (error.retryAfter ?? 0).toFixed();
  if (error instanceof sppp.LostAnswerError) return error.clientTransId ?? '';
  if (error instanceof sppp.HttpStatusError) return error.status.toFixed();
  if (error instanceof sppp.FaultAnswerError) return error.faultCode;
  if (error instanceof sppp.WholeRequestError) return (error.maxSupported ?? error.code).toFixed();
  if (error instanceof sppp.BulkStoppedError) return error.cause.message + error.first + error.count + error.clientTransId;
  const isOther = error instanceof sppp.NotConnectedError || error instanceof sppp.UnreadableAnswerError ||
    error instanceof sppp.ModeNotOfferedError;
  return isOther ? error.name : String(error.isRetrySafe satisfies boolean);
}
`;
    await writeFile(join(folder, 'client-strict.mts'), program);
    const compiler = join(project, 'node_modules', '.bin', 'tsc');
    const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
    const module = ['--module', 'nodenext', '--target', 'es2023'];
    expect(await run(compiler, [...options, ...module, '--types', '', 'client-strict.mts'], folder)).toBe('');
  });

  it('tells the errors of the client library apart by class and by name', { timeout: TIMEOUT_MS }, async () => {
    const program = `import * as sppp from 'sppp-server/client';
const cause = new sppp.NotConnectedError('x');
const errors = [cause, new sppp.LoginRefusedError('x', 401), new sppp.ThrottledError('x', 1), new sppp.LostAnswerError('x', false),
  new sppp.HttpStatusError('x', 404), new sppp.EventsGoneError('x', '1', '0'), new sppp.FaultAnswerError('x', 'Client'), new sppp.WholeRequestError('x', 2300),
  new sppp.UnreadableAnswerError('x'), new sppp.ModeNotOfferedError('x'), new sppp.BulkStoppedError(cause, 0, 1, 'abc'),
  new sppp.WrongUseError({ method: 'get', field: 'keys', rule: 'x' })];
const classes = Object.entries(sppp).filter(([, value]) => value.prototype instanceof Error && value !== sppp.SpppError);
console.log(JSON.stringify({
  classes: classes.map(([name]) => name).sort(),
  names: errors.map(({ name }) => name).sort(),
  each: errors.map((error) => classes.filter(([, each]) => error instanceof each).map(([name]) => name + (name === error.name))),
  spppErrors: errors.filter((error) => error instanceof sppp.SpppError).length,
}));
`;
    await writeFile(join(folder, 'errors.mjs'), program);
    const { classes, names, each, spppErrors } = JSON.parse(await run(process.execPath, ['errors.mjs'], folder));
    expect(classes).toEqual(names);
    expect(each.flat()).toHaveLength(names.length);
    expect(each.flat().filter((name: string) => !name.endsWith('true'))).toEqual([]);
    expect(spppErrors).toBe(names.length - 1);
  });
});
