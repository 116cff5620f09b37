import { defineConfig } from 'vitest/config';

// A loaded machine takes its time: limits are there for what hangs, not for what is slow.
const factor = Number(process.env.SPPP_TEST_FACTOR ?? 1);
const limits = { testTimeout: 30_000 * factor, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } };

/** As much work as the package, and as far from the rest. */
const image = 'test/deploy/image.test.ts';

export default defineConfig({
  test: {
    maxWorkers: 2,
    coverage: { include: ['src/**/*.{ts,tsx}'], exclude: ['src/registry/prisma-client/**', 'src/**/*.test.ts'] },
    projects: [
      // No database and no server: starts in seconds.
      { test: { ...limits, name: 'unit', include: ['src/**/*.test.ts', 'test/house/**/*.test.ts'] } },
      {
        test: {
          ...limits,
          name: 'server',
          include: ['test/**/*.test.ts'],
          exclude: ['test/house/**', 'test/package/**', 'test/cluster/**', image],
          globalSetup: ['test/support/postgres.ts'],
        },
      },
      // Packs, installs and runs the package: npm run check:package.
      { test: { ...limits, name: 'package', include: ['test/package/**/*.test.ts', image] } },
      // Several PostgreSQL with Patroni, and nodes: npm run test:cluster.
      {
        test: {
          ...limits,
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          testTimeout: 600_000 * factor,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
