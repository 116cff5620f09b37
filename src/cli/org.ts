import { Command } from 'commander';
import { readConfig } from '../config.js';
import { addOrganization } from '../registry/administration.js';
import { administer } from './administer.js';
import { jsonOption, tell } from './say.js';

interface Options {
  readonly name?: string;
  readonly json?: boolean;
}

/** `sppp org add`: organizations are the operator's to make. */
export function orgCommand(): Command {
  const org = new Command('org').description('organizations: registrants, registrars and peers alike');
  org
    .command('add')
    .argument('<orgId>', 'such as iana-en:32473')
    .option('--name <name>', 'for people; else it stays as it is')
    .addOption(jsonOption())
    .description('make an organization, or change the name of one')
    .action((orgId: string, { name, ...options }: Options) =>
      administer(readConfig(process.env), async (prisma) => {
        tell(options, await addOrganization(prisma, orgId, name), [`organization ${orgId}`]);
      }),
    );
  return org;
}
