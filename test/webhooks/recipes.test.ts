/** The recipes of docs/webhooks.md accept what we sign, and refuse what is changed or old. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { newSecret, secretText, signed } from '../../src/webhooks/signature.js';

const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
const chapter = page.slice(page.indexOf('## Verifying a signature'));
const folder = mkdtempSync(join(tmpdir(), 'sppp-recipes-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** How a recipe is asked about the cases in cases.json; it prints a JSON list of answers. */
const languages = [
  {
    fence: 'js',
    command: process.execPath,
    file: 'recipe.mjs',
    begin: '',
    end: `import { readFileSync } from 'node:fs';
const { secret, cases } = JSON.parse(readFileSync('cases.json', 'utf8'));
console.log(JSON.stringify(cases.map(({ headers, body, now }) => isGenuine(secret, headers, Buffer.from(body), now))));`,
  },
  {
    fence: 'python',
    command: 'python3',
    file: 'recipe.py',
    begin: '',
    end: `import json
given = json.load(open("cases.json", encoding="utf-8"))
print(json.dumps([is_genuine(given["secret"], c["headers"], c["body"].encode(), c["now"]) for c in given["cases"]]))`,
  },
  {
    fence: 'php',
    command: 'php',
    file: 'recipe.php',
    begin: '<?php\n',
    end: `$given = json_decode(file_get_contents('cases.json'), true);
function asFpmHasThem(array $headers): array {
    return array_combine(array_map(fn ($name) => ucwords($name, '-'), array_keys($headers)), $headers);
}
echo json_encode(array_map(fn ($c) => is_genuine($given['secret'], asFpmHasThem($c['headers']), $c['body'], $c['now']), $given['cases']));`,
  },
] as const;

const at = new Date('2041-05-30T09:30:10Z');
const now = at.getTime() / 1000;
const [secret, second] = [newSecret(), newSecret()];
const body = '{"subject":"Zürich"}';
const headers = signed({ id: 'evt_1_2', body }, [secret], at);
const both = signed({ id: 'evt_1_2', body }, [second, secret], at);
const cases = [
  [{ headers, body, now }, true],
  [{ headers: both, body, now: now + 299 }, true],
  [{ headers, body: `${body} `, now }, false],
  [{ headers: { ...headers, 'webhook-id': 'evt_1_3' }, body, now }, false],
  [{ headers: { ...headers, 'webhook-timestamp': String(now + 1) }, body, now }, false],
  [{ headers: signed({ id: 'evt_1_2', body }, [second], at), body, now }, false],
  [{ headers, body, now: now + 301 }, false],
  ...['soon', '', '²', '१', `-${now}`, '9'.repeat(5000)].map(
    (time) => [{ headers: { ...headers, 'webhook-timestamp': time }, body, now }, false] as const,
  ),
] as const;
writeFileSync(
  join(folder, 'cases.json'),
  JSON.stringify({ secret: secretText(secret), cases: cases.map(([each]) => each) }),
);

it.for(languages)('$fence', { timeout: 60_000 }, ({ fence, command, file, begin, end }, { skip }) => {
  const recipe = new RegExp(`\`\`\`${fence}\n([\\s\\S]*?)\`\`\``).exec(chapter)?.[1] ?? '';
  expect(recipe).not.toBe('');
  writeFileSync(join(folder, file), `${begin}${recipe}\n${end}\n`);
  const { error, status, stdout, stderr } = spawnSync(command, [file], { cwd: folder, encoding: 'utf8' });
  if (error !== undefined) skip(`${command} is not installed: ${error.message}`);
  expect([status, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toEqual(cases.map(([, isGenuine]) => isGenuine));
});
