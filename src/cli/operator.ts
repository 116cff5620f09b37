import { Command, Option } from 'commander';
import { readConfig } from '../config.js';
import { type OperatorRole, operatorRoles } from '../model/operator-role.js';
import { addOperator, type ListedOperator, listOperators, removeOperator } from '../registry/access/operators.js';
import { administer } from './administer.js';
import { jsonOption, printResult } from './output.js';
import { newPassword, secretsOf } from './password.js';

interface Options extends Json {
  readonly role: OperatorRole;
  readonly passwordFile?: string;
  readonly label?: string;
}

interface Json {
  readonly json?: boolean;
}

/** `sppp operator`: the people and programs that run the registry and log in over HTTP. */
export function operatorCommand(): Command {
  const operator = new Command('operator').description('user names, passwords and roles of operators of the registry');
  operator
    .command('add')
    .argument('<username>')
    .addOption(new Option('--role <role>', 'what the operator may do').choices(operatorRoles).makeOptionMandatory())
    .option('--password-file <file>', 'read the password from a file, - for standard input; else one is made')
    .option('--label <label>', 'for people; else it stays as it is')
    .addOption(jsonOption())
    .description('make an operator, or give an existing one this role and a new password')
    .action(addFromCommandLine);
  operator
    .command('list')
    .addOption(jsonOption())
    .description('operators with their roles, one line each')
    .action((options: Json) =>
      administer(readConfig(process.env), async (prisma) => {
        const operators = await listOperators(prisma);
        printResult(options, operators, operators.map(operatorLine));
      }),
    );
  operator
    .command('remove')
    .argument('<username>')
    .addOption(jsonOption())
    .description('end the login of an operator; add gives it a new one')
    .action(async (name: string, options: Json) => {
      const username = name.normalize('NFC');
      await administer(readConfig(process.env), (prisma) => removeOperator(prisma, username, new Date()));
      printResult(options, { username, isLetIn: false }, [`operator ${username} removed`]);
    });
  return operator;
}

async function addFromCommandLine(name: string, options: Options): Promise<void> {
  const username = name.normalize('NFC');
  const { role, label, passwordFile } = options;
  const { password, made } = await newPassword(username, passwordFile);
  await administer(readConfig(process.env), async (prisma) => {
    await addOperator(prisma, { username, role, label, ...secretsOf(username, password) });
    const listed = (await listOperators(prisma)).find((each) => each.username === username);
    const line = `operator ${username} ${role}${made.password === undefined ? '' : ` password ${made.password}`}`;
    printResult(options, { ...listed, ...made }, [line]);
  });
}

function operatorLine({ username, role, label, createdAt, removedAt }: ListedOperator): string {
  const state = removedAt === null ? `from ${createdAt.toISOString()}` : `removed ${removedAt.toISOString()}`;
  return `${username} ${role} ${state}${label === '' ? '' : ` (${label})`}`;
}
