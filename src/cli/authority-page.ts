import { authorityPage } from '../authority/page.js';

/** `npm run docs:authority`: writes docs/authority.md. */
process.stdout.write(authorityPage());
