import { Command } from 'commander';
import { readConfig } from '../config.js';
import { addOrganization } from '../registry/access/administration.js';
import {
  hindrances,
  type ListedOrganization,
  listOrganizations,
  type OrganizationState,
  removalEffects,
  removeOrganization,
  renameOrganization,
  resumeOrganization,
  showOrganization,
  suspendOrganization,
  suspensionEffects,
} from '../registry/access/organizations.js';
import { administer } from './administer.js';
import { jsonOption, printResult } from './output.js';

interface Options {
  readonly name?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** `sppp org`: makes, suspends and removes organizations. */
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
        printResult(options, await addOrganization(prisma, orgId, name), [`organization ${orgId}`]);
      }),
    );
  org
    .command('list')
    .addOption(jsonOption())
    .description('all organizations, one line each')
    .action((options: Options) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        const organizations = await listOrganizations(pool);
        printResult(options, organizations, organizations.map(listLine));
      }),
    );
  org
    .command('show')
    .argument('<orgId>')
    .addOption(jsonOption())
    .description('print the objects, credentials and grants of an organization')
    .action((orgId: string, options: Options) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        const state = await showOrganization(pool, orgId);
        printResult(options, state, stateLines(state));
      }),
    );
  org
    .command('rename')
    .argument('<orgId>')
    .argument('<name>', 'for people; the id stays')
    .addOption(jsonOption())
    .description('change the name of an organization')
    .action((orgId: string, name: string, options: Options) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        await renameOrganization(pool, orgId, name);
        printResult(options, { orgId, name }, [`organization ${orgId} is ${name}`]);
      }),
    );
  org
    .command('suspend')
    .argument('<orgId>')
    .option('--yes', 'do it; without it, the effects are printed and nothing happens')
    .addOption(jsonOption())
    .description('refuse the credentials of an organization and leave its numbers and groups out of all answers')
    .action((orgId: string, { yes, ...options }: Options) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        const state = await showOrganization(pool, orgId);
        if (yes) await suspendOrganization(pool, orgId, new Date());
        printPlanned(
          options,
          yes,
          await showOrganization(pool, orgId),
          suspensionLines(state),
          `${orgId} is suspended`,
        );
      }),
    );
  org
    .command('resume')
    .argument('<orgId>')
    .addOption(jsonOption())
    .description('end a suspension')
    .action((orgId: string, options: Options) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        await resumeOrganization(pool, orgId);
        const state = await showOrganization(pool, orgId);
        printResult(options, { ...state, isDone: true }, [`${orgId} is let in and answered again`]);
      }),
    );
  org
    .command('remove')
    .argument('<orgId>')
    .option('--yes', 'do it; without it, the effects are printed and nothing happens')
    .addOption(jsonOption())
    .description('remove an organization that owns nothing')
    .action((orgId: string, { yes, ...options }: Options) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        const state = await showOrganization(pool, orgId);
        if (yes) await removeOrganization(pool, orgId, new Date());
        printPlanned(options, yes, state, removalLines(state), `${orgId} is removed`);
      }),
    );
  return org;
}

/** Prints the effects of a command, and whether they took place. Without --yes the exit code is 1. */
function printPlanned(
  options: Options,
  isDone = false,
  state: OrganizationState,
  does: readonly string[],
  done: string,
): void {
  const end = isDone ? done : 'nothing was done; --yes does it';
  printResult(options, { ...state, isDone }, [...does, end]);
  if (!isDone) process.exitCode = 1;
}

function listLine({ orgId, name, suspendedAt, credentials, registrants }: ListedOrganization): string {
  const state = suspendedAt === null ? '' : `, suspended since ${suspendedAt.toISOString()}`;
  return `${orgId}${name === '' ? '' : ` (${name})`}: ${credentials} credentials, acts for ${registrants}${state}`;
}

function stateLines(state: OrganizationState): string[] {
  return [
    `${state.orgId}${state.name === '' ? '' : ` (${state.name})`}`,
    ...(state.suspendedAt === null ? [] : [`  suspended since ${state.suspendedAt.toISOString()}`]),
    `  made ${state.createdAt.toISOString()}`,
    `  user names: ${listed(state.usernames)}`,
    `  acts for: ${listed(state.actsFor)}`,
    `  acted for by: ${listed(state.actedForBy)}`,
    `  owns ${owned(state)}`,
    `  peers of its SED groups: ${listed(state.peers)}`,
    `  offers made to it: ${state.offersReceived}`,
    `  objects of others that it wrote last: ${state.objectsOfOthers}`,
  ];
}

function suspensionLines(state: OrganizationState): string[] {
  return [
    `suspending ${state.orgId}${state.name === '' ? '' : ` (${state.name})`}:`,
    ...suspensionEffects(state).map((effect) => `  ${effect}`),
  ];
}

function removalLines(state: OrganizationState): string[] {
  const obstacles = hindrances(state);
  return [
    `removing ${state.orgId}${state.name === '' ? '' : ` (${state.name})`}:`,
    ...removalEffects(state).map((effect) => `  ${effect}`),
    ...(obstacles.length === 0 ? [] : [`  it cannot be: it still has ${obstacles.join(', ')}`]),
  ];
}

function owned(state: OrganizationState): string {
  return [
    `${state.publicIdentifiers} public identifiers`,
    `${state.destinationGroups} destination groups`,
    `${state.sedGroups} SED groups`,
    `${state.sedRecords} SED records`,
    `${state.egressRoutes} egress routes`,
  ].join(', ');
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
