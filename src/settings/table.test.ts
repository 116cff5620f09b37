import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../config.js';
import { readEnumSettings } from '../enum/settings.js';
import { Environment } from '../environment.js';
import { settingsInForce } from './in-force.js';
import { exampleEnvironment, renewPage } from './pages.js';
import { allSettings, variableNames } from './table.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

describe('the table of settings', () => {
  it('has each name once, with a meaning that is a phrase', () => {
    expect(new Set(allSettings.map(({ name }) => name)).size).toBe(allSettings.length);
    for (const { name, meaning } of allSettings) expect(meaning, name).toMatch(/[^.\s]$/);
  });

  it('has the defaults that are in force: a setting that is given its default changes nothing', () => {
    const withDefaults = Object.fromEntries(
      allSettings.flatMap(({ name, defaultIn }) => [[name, defaultIn(new Environment({})) ?? '']]),
    );
    const { settings } = readConfig({});
    expect({ ...readConfig(withDefaults), settings }).toEqual(readConfig({}));
    expect(readEnumSettings(withDefaults)).toEqual(readEnumSettings({}));
  });

  it('has every limit in docs/limits.md, with what happens when it is hit', () => {
    const page = read('docs/limits.md');
    const limits = allSettings.filter(({ whenHit }) => whenHit !== undefined);
    expect(limits.length).toBeGreaterThan(30);
    for (const { name, whenHit } of limits) expect(page).toContain(`| \`${name}\` | ${whenHit} |`);
  });

  it('is the only place that reads variables SPPP_…', () => {
    const sources = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' }).filter(
      (path) => /\.ts$/.test(path) && !/\.test\.ts$|prisma-client|^environment|^settings/.test(path),
    );
    const reading = /environment\.(?:text|number|oneOf|secret|rate|id)\(|process\.env\.SPPP_/;
    expect(sources.filter((path) => reading.test(read(`src/${path}`)))).toEqual([]);
  });
});

describe('pages', () => {
  const pagesOfDocs = readdirSync(`${root}/docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  const withTables = ['README.md', 'SECURITY.md', ...pagesOfDocs].filter((path) =>
    /<!-- (?:settings|limits): /.test(read(path)),
  );

  it.each(withTables)('%s is what npm run docs:settings makes', (path) => {
    expect(read(path)).toBe(renewPage(read(path)));
  });

  it('are all made by that command', () => {
    const command = read('src/cli/settings-pages.ts');
    expect(withTables.length).toBeGreaterThan(3);
    for (const path of withTables) expect(command).toContain(`'${path}'`);
  });

  it('example.env is what npm run docs:settings makes, and sets nothing', () => {
    expect(read('example.env')).toBe(exampleEnvironment());
    expect(
      read('example.env')
        .split('\n')
        .filter((line) => !/^(?:#.*)?$/.test(line)),
    ).toEqual([]);
    for (const name of variableNames) expect(exampleEnvironment(), name).toContain(name);
  });

  it('a marker without an end, or with an unknown name, is refused', () => {
    expect(() => renewPage('<!-- settings: SPPP_PORT -->\n')).toThrow('has no <!-- end -->');
    expect(() => renewPage('<!-- settings: SPPP_PROT -->\n<!-- end -->')).toThrow('SPPP_PROT is no setting');
  });
});

describe('settings in force', () => {
  const named = (variables: NodeJS.ProcessEnv, name: string) =>
    settingsInForce(variables).find((setting) => setting.name === name);

  it('come from the environment, a file, or the default', () => {
    expect(named({ SPPP_PORT: '9090' }, 'SPPP_PORT')).toEqual({
      ...{ name: 'SPPP_PORT', value: '9090', source: 'environment', isSecret: false },
    });
    expect(named({ SPPP_PORT: '' }, 'SPPP_PORT')).toMatchObject({ value: '8080', source: 'default' });
    expect(named({}, 'SPPP_CONTACT')).toMatchObject({ value: null, source: 'default' });
    expect(named({ DATABASE_URL_FILE: '/not/read' }, 'DATABASE_URL')).toMatchObject({ value: '(set)', source: 'file' });
  });

  it('have defaults that follow the settings that they depend on', () => {
    expect(named({ SPPP_REQUEST_TIMEOUT: '200' }, 'SPPP_HEADERS_TIMEOUT')).toMatchObject({ value: '200' });
  });

  it('have no secrets and no logins', () => {
    const secrets = Object.fromEntries(
      allSettings.filter(({ isSecret }) => isSecret).map(({ name }) => [name, 'hush']),
    );
    expect(Object.keys(secrets).sort()).toEqual([
      'DATABASE_URL',
      'LOOKUP_DATABASE_URL',
      'SPPP_DEMO_PASSWORD',
      'SPPP_ENUM_KEYS',
      'SPPP_KEEP_REQUESTS_KEY',
      'SPPP_KEY_PASSPHRASE',
      'SPPP_OIDC_CLIENT_SECRET',
      'SPPP_PASSWORD',
      'SPPP_TLS_KEY_PASSPHRASE',
    ]);
    const variables = { ...secrets, OTEL_EXPORTER_OTLP_ENDPOINT: 'https://user:hush@collector.example/' };
    expect(JSON.stringify(settingsInForce(variables))).not.toContain('hush');
    expect(named(variables, 'DATABASE_URL')).toMatchObject({ value: '(set)', isSecret: true });
    expect(named(variables, 'OTEL_EXPORTER_OTLP_ENDPOINT')).toMatchObject({ value: 'https://collector.example/' });
  });

  it('are those of one command where it is named', () => {
    const names = settingsInForce({}, 'enum').map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['DATABASE_URL', 'SPPP_LOOKUP_TIMEOUT', 'SPPP_ENUM_TTL']));
    expect(names).not.toContain('SPPP_PORT');
  });
});
