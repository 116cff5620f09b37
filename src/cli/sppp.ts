#!/usr/bin/env node
import { ConfigFault } from '../environment.js';
import { AdministrationFault } from '../registry/access/administration.js';
import { RegistryUnavailable } from '../registry/connection/unavailable.js';
import { whyRefused } from '../registry/connection/unreachable.js';
import { warn, watchOutput } from './output.js';
import { program } from './program.js';
import { unknownVariables } from './unknown-variables.js';

watchOutput();
for (const unknown of unknownVariables(process.env)) warn(unknown);
try {
  await program().parseAsync();
} catch (thrown) {
  const error = whyRefused(thrown);
  const ours =
    error instanceof ConfigFault || error instanceof AdministrationFault || error instanceof RegistryUnavailable;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // Errors of the system or the database are the operator's to fix as well: files, ports, logins.
  const expected = ours || /^(?:E[A-Z]+|28...|3D000|53300|57P03)$/.test(code);
  const message = error instanceof Error ? error.message || code : String(error);
  warn(expected ? message : error instanceof Error ? (error.stack ?? message) : message);
  process.exitCode = 1;
}
