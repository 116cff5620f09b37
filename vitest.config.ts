import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    coverage: { include: ['src/**/*.ts'], exclude: ['src/registry/prisma-client/**', 'src/**/*.test.ts'] },
    projects: [
      // No database and no server: starts in seconds.
      { extends: true, test: { name: 'unit', include: ['src/**/*.test.ts', 'test/house/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'server',
          include: ['test/**/*.test.ts'],
          exclude: ['test/house/**', 'test/package/**'],
          globalSetup: ['test/support/postgres.ts'],
        },
      },
      // Packs, installs and runs the package: npm run check:package.
      { extends: true, test: { name: 'package', include: ['test/package/**/*.test.ts'], testTimeout: 300_000 } },
    ],
  },
});
