#!/usr/bin/env node
import { OperatorError } from '../operator-error.js';
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
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // Errors of the system or the database are the operator's to fix as well: files, ports, logins.
  const expected = error instanceof OperatorError || /^(?:E[A-Z]+|28...|3D000|53300|57P03)$/.test(code);
  const message = error instanceof Error ? error.message || code : String(error);
  warn(expected ? message : error instanceof Error ? (error.stack ?? message) : message);
  process.exitCode = 1;
}
