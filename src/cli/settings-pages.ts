import { readFileSync, writeFileSync } from 'node:fs';
import { exampleEnvironment, renewPage } from '../settings/pages.js';

/** `npm run docs:settings`: makes the tables of settings in the pages anew, and example.env. */
const pages = [
  ...['README.md', 'SECURITY.md', 'docs/limits.md', 'docs/enum.md', 'docs/cor.md', 'docs/operations.md'],
  ...['docs/commands.md', 'docs/webhooks.md', 'docs/console.md'],
];
for (const page of pages) writeFileSync(page, renewPage(readFileSync(page, 'utf8')));
writeFileSync('example.env', exampleEnvironment());
