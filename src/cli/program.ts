import { Command } from 'commander';
import { ownPackage } from '../own-package.js';
import { visibleLines } from '../values/visible.js';
import { acceptCommand, rejectCommand } from './answer-offers.js';
import { completionCommand } from './completion.js';
import { configCommand } from './config.js';
import { corCommand } from './cor.js';
import { credentialCommand } from './credential.js';
import { deleteCommand } from './delete.js';
import { demoCommand } from './demo.js';
import { enumCommand } from './enum.js';
import { exportCommand } from './export.js';
import { followCommand } from './follow.js';
import { getCommand } from './get.js';
import { grantCommand } from './grant.js';
import { historyCommand } from './history.js';
import { lookupCommand } from './lookup.js';
import { offersCommand } from './offers.js';
import { operatorCommand } from './operator.js';
import { orgCommand } from './org.js';
import { profileCommand } from './profile.js';
import { psqlCommand } from './psql.js';
import { pushCommand } from './push.js';
import { resolveCommand } from './resolve.js';
import { serveCommand } from './serve.js';
import { statusCommand } from './status.js';
import { transactionCommand } from './transaction.js';

/** The whole command line. */
export function program(): Command {
  const sppp = new Command('sppp')
    .description('SPPP registry: session peering provisioning over SOAP (RFC 7877, RFC 7878)')
    .version(ownPackage().version)
    .enablePositionalOptions()
    .addCommand(serveCommand())
    .addCommand(demoCommand())
    .addCommand(orgCommand())
    .addCommand(credentialCommand())
    .addCommand(grantCommand())
    .addCommand(operatorCommand())
    .addCommand(corCommand())
    .addCommand(transactionCommand())
    .addCommand(historyCommand())
    .addCommand(resolveCommand())
    .addCommand(enumCommand())
    .addCommand(exportCommand())
    .addCommand(followCommand())
    .addCommand(psqlCommand())
    .addCommand(pushCommand())
    .addCommand(getCommand())
    .addCommand(deleteCommand())
    .addCommand(offersCommand())
    .addCommand(acceptCommand())
    .addCommand(rejectCommand())
    .addCommand(lookupCommand())
    .addCommand(statusCommand())
    .addCommand(profileCommand())
    .addCommand(configCommand())
    .addCommand(completionCommand(() => sppp));
  for (const command of commandsIn(sppp)) command.configureOutput({ writeErr: writeVisible });
  return sppp;
}

/** A command and its subcommands. */
export function commandsIn(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsIn)];
}

/** Escapes hidden characters in messages about a command line, which quote it. */
function writeVisible(text: string): void {
  process.stderr.write(visibleLines(text));
}
