import { Command } from 'commander';
import { readConfig } from '../config.js';
import { addOrganization } from '../registry/administration.js';
import { administer } from './administer.js';
import { say } from './say.js';

/** `sppp org add`: organizations are the operator's to make. */
export function orgCommand(): Command {
  const org = new Command('org').description('organizations: registrants, registrars and peers alike');
  org
    .command('add')
    .argument('<orgId>', 'such as iana-en:32473')
    .option('--name <name>', 'for people', '')
    .description('make an organization, or change the name of one')
    .action(async (orgId: string, { name }: { name: string }) => {
      await administer(readConfig(process.env), (prisma) => addOrganization(prisma, orgId, name));
      say(`organization ${orgId}`);
    });
  return org;
}
