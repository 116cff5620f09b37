/** PHP writes an object that a program uses twice only once, with a reference to it. The server reads both. */

import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.js';

const run = promisify(execFile);
const program = fileURLToPath(new URL('shared-objects.php', import.meta.url));
const { status } = spawnSync('php', ['-r', 'exit((int) !class_exists("SoapClient"));']);
const isThere = status === 0;
if (!isThere) process.stderr.write('Shared objects of PHP are not tried: no php-soap\n');

describe.skipIf(!isThere)('an extension that two objects of a PHP program share', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.close());

  it.each(['1.1', '1.2'])('is stored with both by SOAP %s', async (version) => {
    const { stdout } = await run('php', [program, `${server.url}/sppp?wsdl`, version], { timeout: 60_000 });
    expect(stdout).toBe('refers\n1000\n');
    const rows = await server.sql(`SELECT name, ext FROM sppp.destination_group ORDER BY 1`);
    const ext = expect.stringContaining('4711');
    expect(rows).toEqual([
      { name: 'SHARED_1', ext },
      { name: 'SHARED_2', ext },
    ]);
    await server.sql('DELETE FROM sppp.destination_group');
  });
});
