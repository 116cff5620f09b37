import { defineConfig } from 'prisma/config';

// The CLI fetches a schema engine before any command, also before those that have no use for it. Naming a file that
// exists keeps these working in a closed network. For the rest (migrate, db) a stand-in would report success and do
// nothing: they are left to fail where the engine cannot be had. The server applies its migrations itself.
const needNoEngine = ['generate', 'validate', 'format'];
if (needNoEngine.some((command) => process.argv.includes(command))) {
  process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;
}

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? '' },
});
