#!/usr/bin/env node
import { Command } from 'commander';
import { readConfig } from '../config.js';
import { ConfigFault } from '../environment.js';
import { AdministrationFault } from '../registry/administration.js';
import { RegistryUnavailable } from '../registry/unavailable.js';
import { whyRefused } from '../registry/unreachable.js';
import { corCommand } from './cor.js';
import { credentialCommand } from './credential.js';
import { demoCommand } from './demo.js';
import { enumCommand } from './enum.js';
import { exportCommand } from './export.js';
import { followCommand } from './follow.js';
import { grantCommand } from './grant.js';
import { historyCommand } from './history.js';
import { orgCommand } from './org.js';
import { resolveCommand } from './resolve.js';
import { serveUntilStopped } from './serve.js';
import { transactionCommand } from './transaction.js';

const program = new Command('sppp')
  .description('SPPP registry: session peering provisioning over SOAP (RFC 7877, RFC 7878)')
  .addCommand(new Command('serve').description('serve').action(() => serveUntilStopped(readConfig(process.env))))
  .addCommand(demoCommand())
  .addCommand(orgCommand())
  .addCommand(credentialCommand())
  .addCommand(grantCommand())
  .addCommand(corCommand())
  .addCommand(transactionCommand())
  .addCommand(historyCommand())
  .addCommand(resolveCommand())
  .addCommand(enumCommand())
  .addCommand(exportCommand())
  .addCommand(followCommand());

try {
  await program.parseAsync();
} catch (thrown) {
  const error = whyRefused(thrown);
  const ours =
    error instanceof ConfigFault || error instanceof AdministrationFault || error instanceof RegistryUnavailable;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // What the system or the database refuses is the operator's to mend as well: files, ports, logins.
  const expected = ours || /^(?:E[A-Z]+|28...|3D000|53300|57P03)$/.test(code);
  const told = error instanceof Error ? error.message || code : String(error);
  const text = expected ? told : error instanceof Error ? (error.stack ?? told) : told;
  process.stderr.write(`sppp: ${text}\n`);
  process.exitCode = 1;
}
