import { authorityPage } from '../authority/page.js';

/** `npm run docs:authority`: what docs/authority.md is to say. */
process.stdout.write(authorityPage());
