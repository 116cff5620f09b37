#!/usr/bin/env node
import { Command } from 'commander';
import { ConfigFault, readConfig } from '../config.js';
import { AdministrationFault } from '../registry/administration.js';
import { RegistryUnavailable } from '../registry/unavailable.js';
import { credentialCommand } from './credential.js';
import { demoCommand } from './demo.js';
import { grantCommand } from './grant.js';
import { orgCommand } from './org.js';
import { serveUntilStopped } from './serve.js';

const program = new Command('sppp')
  .description('SPPP registry: session peering provisioning over SOAP (RFC 7877, RFC 7878)')
  .addCommand(new Command('serve').description('serve').action(() => serveUntilStopped(readConfig(process.env))))
  .addCommand(demoCommand())
  .addCommand(orgCommand())
  .addCommand(credentialCommand())
  .addCommand(grantCommand());

try {
  await program.parseAsync();
} catch (error) {
  const expected =
    error instanceof ConfigFault || error instanceof AdministrationFault || error instanceof RegistryUnavailable;
  const text = expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`sppp: ${text}\n`);
  process.exitCode = 1;
}
