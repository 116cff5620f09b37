/**
 * Puts the generated Prisma client into `dist` together with the parts of @prisma/client that it loads. That package holds
 * them for every kind of database, 72 MB; this client needs 5 of them, and an installed server needs neither package.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineConfig } from 'rolldown';

const origin = dirname(createRequire(import.meta.url).resolve('@prisma/client/package.json'));

export default defineConfig({
  input: 'src/registry/prisma-client/client.ts',
  platform: 'node',
  logLevel: 'warn',
  output: { dir: 'dist/registry/prisma-client', cleanDir: true, chunkFileNames: '[name].js' },
  plugins: [
    {
      name: 'license of @prisma/client',
      generateBundle() {
        this.emitFile({ type: 'asset', fileName: 'LICENSE', source: readFileSync(join(origin, 'LICENSE'), 'utf8') });
      },
    },
  ],
});
