import { readFileSync, writeFileSync } from 'node:fs';
import { renewEventsPage } from '../events/page.js';

/** `npm run docs:events`: makes the table of docs/events.md anew. */
const page = 'docs/events.md';
writeFileSync(page, renewEventsPage(readFileSync(page, 'utf8')));
