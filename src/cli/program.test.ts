/** Rules of the command line as a whole, for all commands. */

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { variableNames } from '../settings/table.js';
import { script, wordsOf } from './completion.js';
import { commandsIn, program } from './program.js';
import { unknownVariables } from './unknown-variables.js';

const pageOf = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const whole = await program();
const leaves = commandsIn(whole).filter(({ commands }) => commands.length === 0);
const pathOf = (command: (typeof leaves)[number]): string =>
  command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();

describe('every command', () => {
  /** One is lines of JSON anyhow, one is another program's, one is a script. */
  const others = ['export', 'psql', 'completion'];

  it('that prints has --json', () => {
    const without = leaves.filter(({ options }) => !options.some(({ long }) => long === '--json')).map(pathOf);
    expect(without.sort()).toEqual([...others].sort());
  });

  it('has its JSON described in docs/commands.md, which lists no other command', () => {
    const listed = [...pageOf('commands.md').matchAll(/^\| `sppp ([a-z -]+?)`/gm)].map(([, path]) => path);
    expect(listed.sort()).toEqual(
      leaves
        .map(pathOf)
        .filter((path) => !['psql', 'completion'].includes(path))
        .sort(),
    );
  });

  it('for carriers stands in a group of its own', () => {
    const [operators = '', carriers = ''] = whole.helpInformation().split('Commands for carriers:\n');
    for (const name of ['push', 'get', 'accept', 'status', 'profile']) {
      expect(carriers).toMatch(new RegExp(`^ {2}${name} `, 'm'));
      expect(operators).not.toMatch(new RegExp(`^ {2}${name} `, 'm'));
    }
  });

  it('is made without the others if it is named, else together with all', async () => {
    const namesOf = async (named?: string) => (await program(named)).commands.map((command) => command.name());
    expect(await namesOf('org')).toEqual(['org']);
    expect(await namesOf('orgs')).toEqual(await namesOf());
    expect(await namesOf('--version')).toEqual([]);
  });

  it('describes itself and its arguments', () => {
    for (const command of commandsIn(whole)) expect(command.description(), pathOf(command)).not.toBe('');
  });
});

describe('variables SPPP_…', () => {
  it('that are not settings get a message with the most similar name', () => {
    expect(
      unknownVariables({
        ...{ SPPP_PROT: '1', sppp_host: 'x', SPPP_ENUM_TLL: '3', SPPP_SOMETHING_ELSE: 'x', SPPP_DATADIR: 'd' },
        ...{ SPPP_PORT: '1', SPPP_DEMO_PASSWORD: 'x', SPPP_METRICS_HOST: 'x', SPPP_TLS_KEY_PASSPHRASE_FILE: 'x' },
        ...{ SPPP_EMPTY: '', PATH: 'x', DATABASE_URL: 'x' },
      }),
    ).toEqual([
      'SPPP_DATADIR: no such setting; SPPP_DATA_DIR is one',
      'SPPP_ENUM_TLL: no such setting; SPPP_ENUM_TTL is one',
      'SPPP_PROT: no such setting; SPPP_PORT is one',
      'SPPP_SOMETHING_ELSE: no such setting',
      'sppp_host: no such setting; SPPP_HOST is one',
    ]);
  });

  it('in the sources are all settings', () => {
    const source = fileURLToPath(new URL('..', import.meta.url));
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /^(?!registry.prisma-client).*(?<!\.test)\.ts$/.test(name),
    );
    const texts = files.map((name) => readFileSync(join(source, name), 'utf8')).join('\n');
    const named = new Set([...texts.matchAll(/'(SPPP_[A-Z0-9_]+)'/g)].map(([, name]) => name ?? ''));
    expect([...named].filter((name) => !variableNames.has(name))).toEqual([]);
    expect(named.size).toBeGreaterThan(50);
  });
});

describe('completion', () => {
  const candidates = wordsOf(whole);

  it('knows commands, options and choices', () => {
    expect(candidates.get('')).toEqual(expect.arrayContaining(['serve', 'org', 'completion', '--version']));
    expect(candidates.get('credential certificate')).toEqual(expect.arrayContaining(['add', 'remove']));
    expect(candidates.get('cor decide')).toEqual(expect.arrayContaining(['accept', 'refuse', '--rn']));
    expect(candidates.get('grant add')).toEqual(expect.arrayContaining(['--noun', 'PubId', '--span']));
  });

  /** Each shell's own way to ask what it would offer. */
  const shells = {
    bash: (line: string) =>
      `COMP_WORDS=(${line} ''); COMP_CWORD=${line.split(' ').length}; _sppp; printf '%s\\n' "\${COMPREPLY[@]}"`,
    zsh: (line: string) => `words=(${line} ''); CURRENT=${line.split(' ').length + 1}; _sppp`,
    fish: (line: string) => `complete -C '${line} '`,
  };
  const first = {
    bash: 'source',
    zsh: 'compdef() { :; }; _files() { :; }; compadd() { shift; print -l -- "$@"; }; source',
    fish: 'source',
  };
  const lines = ['sppp', 'sppp org', 'sppp credential certificate', 'sppp cor decide 1202 iana-en:1'];

  it.each(Object.keys(shells) as (keyof typeof shells)[])('works in %s', { timeout: 300_000 }, async (shell) => {
    const folder = await mkdtemp(join(tmpdir(), 'sppp-completion-'));
    try {
      const file = join(folder, 'sppp');
      await writeFile(file, `${script(shell, candidates)}\n`);
      const asked = lines.map((line) => `${shells[shell](line)}; echo '====='`).join('\n');
      const listed = await promisify(execFile)(shell, ['-c', `${first[shell]} ${file}\n${asked}`]).catch(unlessAbsent);
      if (listed === undefined) {
        return void process.stdout.write(`${shell} is not installed: its completion is not tried\n`);
      }
      const offered = listed.stdout.split('=====\n').map((part) => part.split('\n').map((each) => each.split('\t')[0]));
      expect(offered[0]).toEqual(expect.arrayContaining(['serve', 'demo', 'org']));
      expect(offered[1]).toEqual(expect.arrayContaining(['add']));
      expect(offered[1]).not.toContain('serve');
      expect(offered[2]).toEqual(expect.arrayContaining(['add', 'remove']));
      expect(offered[3]).toEqual(expect.arrayContaining(['accept', 'refuse']));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses to write text that a shell might run', () => {
    expect(() => script('bash', new Map([['', ["'; rm -rf /; '"]]]))).toThrow('letters, digits and hyphens');
  });
});

function unlessAbsent(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
