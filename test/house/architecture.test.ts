/** The rules of docs/architecture.md, checked against the sources. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Rooms of src and what each may import: rooms, single files of rooms, and packages. `types:` admits an import that the
 * compiler erases, of what the room is handed but neither makes nor calls by name. Files of src itself are called by
 * their names.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'operator-error': [],
  soap: ['saxes', 'node:util', 'node:buffer'],
  values: ['node:net', 'node:crypto'],
  model: ['values'],
  sppp: ['soap', 'model', 'values', 'xmlchars', 'node:timers/promises', 'node:util', 'node:zlib'],
  authority: ['model', 'sppp/result'],
  forms: ['sppp', 'soap', 'model', 'values', 'csv-parse', 'libphonenumber-js', 'node:*'],
  events: [],
  queue: ['events', 'registry/events', 'values'],
  webhooks: [
    ...[
      'events',
      'registry/webhooks',
      'registry/schema',
      'registry/connection',
      'scheduling',
      'values',
      'types:settings',
    ],
    ...['graphile-worker', 'types:pg', 'types:pino', 'node:*'],
  ],
  scheduling: [],
  workers: ['types:config', 'types:enum', 'settings', 'types:pino', 'node:*'],
  'registry/connection': [...['scheduling', 'pg', '@prisma/adapter-pg', 'registry/prisma-client', 'node:*']],
  'registry/schema': ['registry/connection', 'scheduling', 'own-package', 'pg', 'graphile-worker', 'node:*'],
  'registry/rows': ['registry/connection', 'types:registry/resolve', 'model', 'values', 'pg'],
  'registry/journal': ['registry/connection', 'values', 'types:model', 'types:pg', 'node:*'],
  'registry/access': [
    ...['registry/connection', 'scheduling', 'model', 'values'],
    ...['types:registry/prisma-client', 'types:pg', 'lru-cache', 'node:crypto', 'node:timers/promises'],
  ],
  'registry/find': ['model', 'types:pg'],
  'registry/cor': ['registry/access', 'registry/rows', 'registry/connection', 'model', 'values', 'types:pg'],
  'registry/resolve': ['registry/connection', 'model', 'pg'],
  'registry/feed': ['registry/connection', 'model', 'values', 'pg', 'node:crypto', 'node:timers/promises'],
  'registry/events': [
    'registry/connection',
    'values',
    'types:events',
    'types:model',
    'types:pg',
    'node:timers/promises',
  ],
  'registry/webhooks': ['registry/connection', 'values', 'types:events', 'types:pg'],
  // Could stand as a package of its own.
  'registry/embedded': ['pg', 'node:*'],
  operations: [
    ...['sppp', 'model', 'values', 'authority', 'scheduling', 'types:pg'],
    ...['registry/connection', 'registry/rows', 'registry/journal', 'registry/cor', 'node:buffer'],
  ],
  intake: [
    ...['operations', 'sppp', 'model', 'types:authority', 'registry/connection', 'registry/journal'],
    ...['scheduling', 'uuid', 'types:pg', 'types:pino'],
  ],
  lookup: [
    ...['registry/resolve', 'registry/connection', 'model', 'values'],
    ...['types:pg', 'lru-cache', 'node:crypto', 'node:net', 'node:timers/promises'],
  ],
  enum: [
    ...['lookup', 'registry/resolve', 'registry/rows', 'values', 'environment', 'settings'],
    ...['types:workers', 'lru-cache', 'types:pg', 'types:pino', 'node:*'],
  ],
  // The library sppp-server/client has nothing of a server. `soap` is the package, too.
  client: ['sppp', 'soap', 'model', 'values', 'types:events', 'own-package', 'node:*'],
  // Knows no terminal.
  carrier: ['client', 'forms', 'model', 'values', 'sppp', 'node:*'],
  http: [
    ...['webhooks', 'registry/webhooks', 'types:settings'],
    ...['intake', 'operations', 'lookup', 'queue', 'events', 'sppp', 'soap', 'authority', 'scheduling', 'own-package'],
    ...[
      'registry/access',
      'registry/connection',
      'registry/events',
      'registry/feed',
      'registry/journal',
      'registry/resolve',
    ],
    ...[
      'types:config',
      'types:environment',
      'types:tracing-settings',
      'values/http-digest',
      'values/parameter-fault',
      'types:values',
      'types:workers',
      'types:fastify',
      'types:pg',
    ],
    ...[
      'lru-cache',
      'prom-client',
      '@fastify/swagger',
      '@opentelemetry/api',
      '@opentelemetry/exporter-trace-otlp-http',
    ],
    ...['@opentelemetry/resources', '@opentelemetry/sdk-trace', 'node:*'],
  ],
  cli: [
    ...[
      'config',
      'environment',
      'settings',
      'deps',
      'forms',
      'server',
      'types:listener',
      'lookup-deps',
      'lookup-server',
      'own-package',
      'enum',
      'http',
      'lookup',
      'operations',
      'authority',
      'carrier',
      'client',
      'queue',
      'webhooks',
      'events',
      'simulator',
      'types:intake',
      'types:sppp',
      'workers',
    ],
    ...['registry', 'model', 'values', 'types:pg', 'commander', 'cli-progress', 'pino', 'node:*'],
  ],
  console: [
    ...['authority', 'events', 'forms', 'http', 'intake', 'lookup', 'model', 'operations', 'sppp', 'values'],
    ...['soap/xml-limits', 'soap/write-xml', 'types:settings', 'types:config', 'types:registry/prisma-client'],
    ...['registry/access', 'registry/cor', 'registry/events', 'registry/find', 'registry/journal', 'registry/resolve'],
    ...['registry/webhooks', 'webhooks'],
    ...['registry/rows/sed-grp-offer-objects', 'types:registry/rows'],
    ...['preact', 'preact-render-to-string', '@viz-js/viz', 'echarts', '@fastify/busboy', '@fastify/cookie'],
    ...['openid-client', 'types:fastify', 'types:pg', 'own-package', 'node:crypto', 'node:http', 'node:stream'],
    'node:timers/promises',
  ],
  simulator: [...['types:intake', 'http/http-refused', 'forms', 'sppp', 'model', 'node:timers/promises']],
  environment: ['node:fs'],
  'own-package': ['node:fs'],
  settings: ['environment', 'node:os'],
  'tracing-settings': ['environment', 'settings', 'values'],
  'console-settings': ['environment', 'settings', 'http/cleartext'],
  config: [
    ...['environment', 'settings', 'tracing-settings', 'console-settings', 'model', 'values'],
    ...['http/cleartext', 'http/client-address'],
    ...['registry/connection/database-url', 'node:net'],
  ],
  'background-jobs': ['config', 'registry', 'scheduling', 'types:fastify', 'types:pg'],
  counts: [...['http', 'intake/requests-under-way', 'registry/journal', 'scheduling', 'types:fastify', 'types:pg']],
  deps: [
    ...['background-jobs', 'config', 'environment', 'own-package', 'http', 'lookup', 'queue', 'registry', 'scheduling'],
    ...['counts', 'webhooks'],
    ...['workers', 'types:fastify'],
  ],
  listener: ['types:deps', 'http', 'operations/client-disconnected', 'registry/connection', 'fastify'],
  server: [
    'console',
    'types:deps',
    'listener',
    'http',
    'types:intake',
    'operations',
    'registry/connection',
    'types:fastify',
  ],
  'lookup-deps': ['config', 'deps', 'http', 'lookup', 'registry'],
  'lookup-server': ['types:lookup-deps', 'listener', 'http'],
  'start-server': ['config', 'cli/log', 'cli/registry', 'cli/serve'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
}

/** Sources by their names; a page of the console, which is `.tsx`, is called `.ts` here. */
const texts = new Map(
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.tsx?$/.test(path) && !path.includes('prisma-client/'))
    .sort()
    .map((path) => [path.replace(/\.tsx$/, '.ts'), readFileSync(join(root, 'src', path), 'utf8')]),
);
const all = [...texts.keys()];
const sources = all.filter((path) => !path.endsWith('.test.ts'));
const textOf = (path: string) => texts.get(path) ?? '';

/** `registry/embedded/run` for a file, the name for a package. */
function importsOf(path: string): Import[] {
  const statement =
    /^(?:import|export)\s+(type\s)?([^'";]*?)from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm;
  return [...textOf(path).matchAll(statement)].map(([, type, names = '', named, bare, dynamic]) => {
    const to = named ?? bare ?? dynamic ?? '';
    const items =
      /\{([^}]*)\}/
        .exec(names)?.[1]
        ?.split(',')
        .map((item) => item.trim()) ?? [];
    const allTypes = items.length > 0 && items.filter(Boolean).every((item) => item.startsWith('type '));
    return {
      from: path.replace(/\.ts$/, ''),
      to: to.startsWith('.') ? posix.join(dirname(path), to).replace(/\.js$/, '') : to,
      isType: type !== undefined || (allTypes && !/^\s*\w/.test(names)),
    };
  });
}

/** Every room may throw it, so that `cli/sppp` catches one class. The embedded PostgreSQL stands alone. */
const inEveryRoom = 'operator-error';

const roomOf = (path: string) => /^(?:registry\/)?[^/]+/.exec(path)?.[0] ?? '';

function isAllowed({ from, to, isType }: Import): boolean {
  const room = roomOf(from);
  if (texts.has(`${to}.ts`) || to.startsWith('registry/prisma-client/')) {
    // The generated client stays in the registry; others are handed it, typed.
    if (to.startsWith('registry/prisma-client/') && !room.startsWith('registry') && !isType) return false;
    if (roomOf(to) === room) return true;
  }
  if (to === inEveryRoom && room !== 'registry/embedded') return true;
  return (rooms[room] ?? []).some((allowed) => {
    if (allowed.startsWith('types:')) {
      const name = allowed.slice('types:'.length);
      return isType && (to === name || to.startsWith(`${name}/`));
    }
    if (allowed.endsWith('*')) return to.startsWith(allowed.slice(0, -1));
    return to === allowed || to.startsWith(`${allowed}/`);
  });
}

describe('rooms', () => {
  it('are all in the table', () => {
    expect([...new Set(sources.map((path) => roomOf(path.replace(/\.ts$/, ''))))].sort()).toEqual(
      Object.keys(rooms).sort(),
    );
  });

  it.each(Object.keys(rooms))('%s imports only what its rule allows', (room) => {
    const imports = sources.filter((path) => roomOf(path.replace(/\.ts$/, '')) === room).flatMap(importsOf);
    const strange = imports.filter((each) => !isAllowed(each)).map(({ from, to }) => `${from} imports ${to}`);
    expect(strange).toEqual([]);
  });

  it('no file imports itself through others, types included', () => {
    const ways = new Map(sources.map((path) => [path.replace(/\.ts$/, ''), importsOf(path).map(({ to }) => to)]));
    const reach = (from: string, seen = new Set<string>()): Set<string> => {
      for (const to of ways.get(from) ?? []) {
        if (!seen.has(to)) reach(to, seen.add(to));
      }
      return seen;
    };
    expect([...ways.keys()].filter((file) => reach(file).has(file))).toEqual([]);
  });

  it('this test understands the imports of every file', () => {
    for (const path of sources) {
      const lines = textOf(path).match(/^import\b|^export (?:type )?(?:\*|\{[^}]*\})[^;]*?\bfrom '/gm) ?? [];
      expect(importsOf(path).filter(({ to }) => to !== '').length, path).toBeGreaterThanOrEqual(lines.length);
    }
  });

  it('no file is part of an import cycle', () => {
    const next = new Map(
      sources.map((path) => [
        path.replace(/\.ts$/, ''),
        importsOf(path).flatMap(({ to, isType }) => (isType || !texts.has(`${to}.ts`) ? [] : [to])),
      ]),
    );
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, way: readonly string[]) => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' > '));
      else if (!done.has(file)) {
        for (const each of next.get(file) ?? []) visit(each, [...way, file]);
        done.add(file);
      }
    };
    for (const file of next.keys()) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('only tests import tests', () => {
    const strange = sources.flatMap(importsOf).filter(({ to }) => /\.test$|^\.\.|^vitest$|^fast-check$/.test(to));
    expect(strange).toEqual([]);
  });

  it('the id of a request is made in one place', () => {
    expect(sources.flatMap(importsOf).filter(({ to }) => to === 'uuid')).toMatchObject([{ from: 'intake/intake' }]);
  });

  it('packages that the sources import are dependencies, or optional and imported by one file, not development tools', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
      peerDependencies: Record<string, string>;
    };
    const packages = sources
      .flatMap(importsOf)
      .filter(({ to }) => !to.startsWith('node:') && !texts.has(`${to}.ts`) && !to.includes('prisma-client/'))
      .map(({ to }) =>
        to
          .split('/')
          .slice(0, to.startsWith('@') ? 2 : 1)
          .join('/'),
      );
    expect([...new Set(packages)].filter((name) => !(name in dependencies) && !(name in peerDependencies))).toEqual([]);
    const optional = sources.flatMap(importsOf).filter(({ to }) => to in peerDependencies);
    // Those of the console load theirs when they are first needed.
    expect([...new Set(optional.map(({ from }) => from))].sort()).toEqual([
      'console/charts/echarts',
      'console/pictures/graphviz',
      'http/tracing',
    ]);
    expect(
      sources.flatMap(importsOf).filter(({ to, isType }) => to === 'http/tracing' && !isType),
      'loads packages that an installation may lack',
    ).toEqual([{ from: 'deps', to: 'http/tracing', isType: false }]);
  });
});

describe('every source file', () => {
  it.each(sources)('%s', (path) => {
    const text = textOf(path);
    const name = path.split('/').at(-1)?.replace(/\.ts$/, '') ?? '';
    expect(name, 'kebab-case').toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    expect(name, 'a name that says nothing').not.toMatch(/manager|service|helper|util/);
    expect(text.trimEnd().split('\n').length, 'lines').toBeLessThanOrEqual(long.get(path) ?? 300);
    const silenced = /:\s*any\b|\bas any\b|<any>|\bany\[\]|@ts-(?:ignore|expect-error|nocheck)|biome-ignore|eslint-/;
    expect(text, 'silences the compiler').not.toMatch(silenced);
    expect(text, 'prints').not.toMatch(/\bconsole\.(?:log|error|warn|info|debug|trace|dir|table|assert|time)\b/);
    expect(text, 'builds SQL outside of the registry').not.toMatch(
      path.startsWith('registry/')
        ? /\$(?:query|execute)RawUnsafe/
        : /\$(?:query|execute)Raw|\b(?:SELECT|DELETE FROM|INSERT INTO)\b.*\bsppp\./,
    );
    if (path !== 'sppp/grammar.ts')
      expect(text, 'names an operation outside of the grammar').not.toMatch(/'submit[A-Z]/);
    expect(undocumented(text), 'exported without a docstring').toEqual([]);
  });
});

/** Files that may be longer than the rest, each for a reason. */
const long = new Map([['sppp/grammar.ts', 400]]); // every element of the protocol as one table

/** Exported functions and classes whose declaration no docstring precedes. */
function undocumented(text: string): string[] {
  const exported = /(\*\/\n)?^export (?:abstract )?(?:async )?(?:function\*?|class) (\w+)/gm;
  return [...text.matchAll(exported)].flatMap(([, documented, name = '']) => (documented === undefined ? [name] : []));
}
