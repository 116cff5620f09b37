/** No regular expression of the server takes more than linear time: strangers write some of the texts. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';
import { check } from 'recheck';
import { describe, expect, it } from 'vitest';
import '../support/long-timeouts.js';

// The checker also exists as a native program; the one in JavaScript gives the same results on all machines.
process.env.RECHECK_BACKEND = 'pure';

const root = fileURLToPath(new URL('../../src/', import.meta.url));
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.test.ts') && !path.includes('prisma-client/'))
  .sort();

interface Pattern {
  readonly pattern: string;
  readonly flags: string;
}

/** The patterns that a source has as literals; `made` counts those that it would make while it runs. */
function patternsOf(source: string, path: string): { readonly literals: Pattern[]; readonly made: number } {
  const { program, errors } = parseSync(path, source);
  expect(errors, path).toEqual([]);
  const literals: Pattern[] = [];
  let made = 0;
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('regex' in node) literals.push(node.regex as Pattern);
    const isCall = 'type' in node && (node.type === 'NewExpression' || node.type === 'CallExpression');
    if (isCall && 'callee' in node && (node.callee as { name?: string }).name === 'RegExp') made += 1;
    for (const child of Object.values(node)) walk(child);
  };
  walk(program);
  return { literals, made };
}

async function isLinear({ pattern, flags }: Pattern): Promise<boolean> {
  const { status } = await check(pattern, flags, { timeout: 60_000 });
  return status === 'safe';
}

const all = sources.map((path) => ({ path, ...patternsOf(readFileSync(`${root}${path}`, 'utf8'), path) }));

describe('patterns', () => {
  it('are literals; the running server compiles none', () => {
    expect(all.filter(({ made }) => made > 0).map(({ path }) => path)).toEqual([]);
    expect(all.flatMap(({ literals }) => literals).length).toBeGreaterThan(100);
  });

  it('take time in proportion to the text', async () => {
    const each = new Map(
      all.flatMap(({ path, literals }) =>
        literals.map((literal): [string, Pattern & { path: string }] => [
          `/${literal.pattern}/${literal.flags}`,
          { ...literal, path },
        ]),
      ),
    );
    const slow: string[] = [];
    for (const [text, literal] of each) if (!(await isLinear(literal))) slow.push(`${literal.path}: ${text}`);
    expect(slow).toEqual([]);
  }, 300_000);

  it.each([
    ['/^\\s*([a-z0-9*-]+)\\s*(?:;\\s*q=([0-9.]+))?\\s*$/', '^\\s*([a-z0-9*-]+)\\s*(?:;\\s*q=([0-9.]+))?\\s*$'],
    ['/\\/+$/', '\\/+$'],
    ['/^(a+)+$/', '^(a+)+$'],
  ])('the check detects the slow pattern %s', async (_, pattern) => {
    expect(await isLinear({ pattern, flags: '' })).toBe(false);
  });
});
