import { Command } from 'commander';
import { readConfig } from '../config.js';
import { addGrant } from '../registry/administration.js';
import { administer } from './administer.js';
import { say } from './say.js';

/** `sppp grant add`: which registrar may act for which registrant. */
export function grantCommand(): Command {
  const grant = new Command('grant').description('which registrar may act for which registrant');
  grant
    .command('add')
    .argument('<registrar>', 'organization id of the registrar')
    .argument('<registrant>', 'organization id of the registrant')
    .description('let a registrar act for a registrant')
    .action(async (registrar: string, registrant: string) => {
      await administer(readConfig(process.env), (prisma) => addGrant(prisma, registrar, registrant));
      say(`${registrar} may act for ${registrant}`);
    });
  return grant;
}
