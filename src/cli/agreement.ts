import { Command, InvalidArgumentError, Option } from 'commander';
import { readConfig } from '../config.js';
import { OperatorError } from '../operator-error.js';
import {
  type Agreement,
  findAgreement,
  listAgreements,
  makeAgreement,
  withdrawAgreement,
} from '../registry/access/agreements.js';
import { administer } from './administer.js';
import { jsonOption, printResult } from './output.js';

interface Options {
  readonly json?: boolean;
  readonly onBehalfOf: string;
}

/** Characters of the name of a person or program that the operator acts for. */
const MAX_NAME = 255;

/** `sppp agreement`: whose offers organizations accept when they are made. */
export function agreementCommand(): Command {
  const agreement = new Command('agreement').description('whose offers organizations accept when they are made');
  agreement
    .command('add')
    .argument('<recipient>', 'organization id of the one that accepts')
    .argument('<registrant>', 'organization id of the owner of the SED groups')
    .option('--pattern <pattern>', 'which names of groups, * for any text; without it, all')
    .addOption(onBehalfOf())
    .addOption(jsonOption())
    .description('accept offers from now on when they are made; an equal agreement is not made twice')
    .action((offeredTo: string, offeredBy: string, { pattern, ...options }: Options & { pattern?: string }) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        const wanted = { offeredTo, offeredBy, pattern: pattern ?? null };
        const made = await makeAgreement(pool, wanted, options, new Date());
        if ('rule' in made) throw new OperatorError(`${made.field} ${made.value}: ${made.rule}`);
        printResult(options, made.agreement, [agreementLine(made.agreement)]);
      }),
    );
  agreement
    .command('list')
    .argument('[recipient]', 'organization id; without it, all')
    .option('--all', 'withdrawn agreements, too')
    .addOption(jsonOption())
    .description('agreements in force, one line each')
    .action((offeredTo: string | undefined, { all, ...options }: { all?: boolean; json?: boolean }) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        const found = await listAgreements(pool, { offeredTo, withWithdrawn: all });
        printResult(options, found, found.length === 0 ? ['no agreements'] : found.map(agreementLine));
      }),
    );
  agreement
    .command('remove')
    .argument('<id>', 'number of the agreement', agreementId)
    .addOption(onBehalfOf())
    .addOption(jsonOption())
    .description('withdraw an agreement; what it accepted stays accepted')
    .action((id: number, options: Options) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        if ((await findAgreement(pool, id)) === undefined) throw new OperatorError(`agreement ${id}: not known`);
        const withdrawn = await withdrawAgreement(pool, id, options, new Date());
        printResult(options, withdrawn, [agreementLine(withdrawn)]);
      }),
    );
  return agreement;
}

function onBehalfOf(): Option {
  return new Option('--on-behalf-of <name>', 'who asked for it, for the record')
    .makeOptionMandatory()
    .argParser((name: string) => {
      if (name.trim() === '' || name.length > MAX_NAME) throw new InvalidArgumentError(`1 to ${MAX_NAME} characters`);
      return name;
    });
}

function agreementLine(agreement: Agreement): string {
  const { id, offeredTo, offeredBy, pattern, createdAt, createdBy, withdrawnAt, withdrawnBy } = agreement;
  const groups = pattern === null ? 'all groups' : `groups ${pattern}`;
  const from = `from ${createdAt.toISOString()} by ${createdBy}`;
  const until = withdrawnAt === null ? '' : ` until ${withdrawnAt.toISOString()} by ${withdrawnBy}`;
  return `agreement ${id}: ${offeredTo} accepts offers of ${offeredBy}, ${groups}, ${from}${until}`;
}

function agreementId(value: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(value)) throw new InvalidArgumentError('a number as sppp agreement list prints it');
  return Number(value);
}
