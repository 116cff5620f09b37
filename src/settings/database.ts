import { choice, secret, text } from './setting.js';

/** Where the registry is. */
export const database = {
  url: secret({
    name: 'DATABASE_URL',
    meaning: 'URL of the PostgreSQL database; without it, the embedded PostgreSQL is used. See docs/database.md',
    usedBy: ['all'],
  }),
  lookupUrl: secret({
    name: 'LOOKUP_DATABASE_URL',
    defaultNote: 'that of the registry',
    meaning: 'URL of the database that look-ups are answered from, such as standbys. See docs/database.md',
    usedBy: ['serve', 'enum', 'demo'],
  }),
  dataDir: text({
    name: 'SPPP_DATA_DIR',
    default: 'sppp-data',
    meaning: 'Folder with the data of the embedded PostgreSQL',
    usedBy: ['all'],
  }),
  leastSynchronousCommit: choice({
    name: 'SPPP_LEAST_SYNCHRONOUS_COMMIT',
    values: ['remote_write', 'local', 'on', 'remote_apply'],
    meaning:
      'The least `synchronous_commit` of PostgreSQL that the server works with, in the order `local`, `remote_write`, `on`, `remote_apply`. See docs/database.md',
    usedBy: ['all'],
  }),
  demoPassword: secret({
    name: 'SPPP_DEMO_PASSWORD',
    defaultNote: 'made at the first start',
    meaning: "Password of the demo's logins",
    usedBy: ['demo'],
  }),
} as const;
