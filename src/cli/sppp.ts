#!/usr/bin/env node
import { printFailure } from './failure.js';
import { warn, watchOutput } from './output.js';
import { program } from './program.js';
import { unknownVariables } from './unknown-variables.js';

watchOutput();
for (const unknown of unknownVariables(process.env)) warn(unknown);
try {
  await (await program(process.argv[2])).parseAsync();
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
