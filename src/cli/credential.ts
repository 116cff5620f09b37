import { Argument, Command, Option } from 'commander';
import { readConfig } from '../config.js';
import { OperatorError } from '../operator-error.js';
import {
  addCredential,
  type ListedCredential,
  listCredentials,
  revokeCredential,
} from '../registry/access/administration.js';
import { traceLevels } from '../registry/access/credential.js';
import { endFormerPassword, rotatePassword } from '../registry/access/password-rotation.js';
import { setTrace } from '../registry/access/trace-level.js';
import { readDateTime } from '../values/date-time.js';
import { isRefusal } from '../values/refusal.js';
import { administer } from './administer.js';
import { certificateCommand, certificateText } from './certificate.js';
import { jsonOption, printResult } from './output.js';
import { newPassword, secretsOf } from './password.js';

interface Options extends Json {
  readonly password: boolean;
  readonly passwordFile?: string;
  readonly label?: string;
  readonly validUntil?: string;
}

interface Json {
  readonly json?: boolean;
}

interface RotateOptions extends Json {
  readonly passwordFile?: string;
  readonly overlap: string;
}

const HOUR_MS = 3_600_000;

/**
 * `sppp credential`: the logins of registrars.
 *
 * `add` makes a user name and password for HTTP Digest. The password comes from a file or standard input, or is made and
 * printed once; never from the command line, which other users of the machine can see.
 */
export function credentialCommand(): Command {
  const credential = new Command('credential').description('user names, passwords and certificates of registrars');
  credential
    .command('add')
    .argument('<registrar>', 'organization id of the registrar')
    .argument('<username>')
    .option('--password-file <file>', 'read the password from a file, - for standard input; else one is made')
    .addOption(
      new Option(
        '--no-password',
        'a random password that is not printed, for a credential with certificates only',
      ).conflicts('passwordFile'),
    )
    .option('--label <label>', 'for people; else it stays as it is')
    .option('--valid-until <time>', 'such as 2027-01-31T00:00:00Z, or never; else it stays as it is')
    .addOption(jsonOption())
    .description('give a registrar a credential, or an existing one a new password')
    .action(addFromCommandLine);
  credential
    .command('list')
    .argument('[registrar]', 'organization id of the registrar')
    .addOption(jsonOption())
    .description('credentials with their certificates, one line each')
    .action((registrar: string | undefined, options: Json) =>
      administer(readConfig(process.env), async (prisma) => {
        const credentials = await listCredentials(prisma, registrar);
        printResult(options, credentials, credentials.flatMap(credentialLines));
      }),
    );
  credential
    .command('rotate')
    .argument('<username>')
    .option('--password-file <file>', 'read the new password from a file, - for standard input; else one is made')
    .option('--overlap <hours>', 'hours for which the former password stays valid', '168')
    .addOption(jsonOption())
    .description('give a credential a new password; the former one stays valid for some time')
    .action(rotateFromCommandLine);
  credential
    .command('end-former')
    .argument('<username>')
    .addOption(jsonOption())
    .description('end the former password at once')
    .action(async (name: string, options: Json) => {
      const username = name.normalize('NFC');
      await administer(readConfig(process.env), (prisma) => endFormerPassword(prisma, username));
      printResult(options, { username, formerValidUntil: null }, [`credential ${username} has one password`]);
    });
  credential
    .command('revoke')
    .argument('<username>')
    .addOption(jsonOption())
    .description('refuse a credential and its certificates from now on; add gives it a new password')
    .action(async (name: string, options: Json) => {
      const username = name.normalize('NFC');
      await administer(readConfig(process.env), (prisma) => revokeCredential(prisma, username, new Date()));
      printResult(options, { username, isLetIn: false }, [`credential ${username} revoked`]);
    });
  credential
    .command('trace')
    .argument('<registrar>', 'organization id of the registrar')
    .addArgument(
      new Argument('<level>', 'nothing, the transaction id, or system and node as well')
        .choices(traceLevels)
        .argParser((level) => level),
    )
    .addOption(jsonOption())
    .description('set the contents of the SPPP-Trace header of answers to a registrar')
    .action(async (registrar: string, asked: string, options: Json) => {
      const level = traceLevels.find((each) => each === asked);
      if (level === undefined) throw new OperatorError(`trace ${asked}: one of ${traceLevels.join(', ')}`);
      await administer(readConfig(process.env), (prisma) => setTrace(prisma, registrar, level));
      printResult(options, { registrar, trace: level }, [`${registrar} trace ${level}`]);
    });
  return credential.addCommand(certificateCommand());
}

async function addFromCommandLine(registrar: string, name: string, options: Options): Promise<void> {
  const username = name.normalize('NFC');
  const validUntil = options.validUntil === undefined ? undefined : readEnd(options.validUntil);
  const { password, made } = await newPassword(username, options.passwordFile);
  const credential = { registrar, username, label: options.label, validUntil, ...secretsOf(username, password) };
  await administer(readConfig(process.env), async (prisma) => {
    await addCredential(prisma, credential);
    const listed = (await listCredentials(prisma, registrar)).find((each) => each.username === username);
    const shown = options.password ? made : {};
    const lines = [`credential ${username}${shown.password === undefined ? '' : ` password ${shown.password}`}`];
    if (listed?.isLetIn === false) lines.push(`not valid: it ended ${listed.validUntil}; --valid-until changes that`);
    printResult(options, { ...listed, ...shown }, lines);
  });
}

async function rotateFromCommandLine(name: string, options: RotateOptions): Promise<void> {
  const username = name.normalize('NFC');
  if (!/^[0-9]{1,4}$/.test(options.overlap)) {
    throw new OperatorError(`--overlap ${options.overlap}: a whole number of hours from 0 to 9999`);
  }
  const at = new Date();
  const formerValidUntil = new Date(at.getTime() + Number(options.overlap) * HOUR_MS);
  const { password, made } = await newPassword(username, options.passwordFile);
  const rotation = { ...secretsOf(username, password), formerValidUntil };
  await administer(readConfig(process.env), (prisma) => rotatePassword(prisma, username, rotation, at));
  const lines = [
    `credential ${username}${made.password === undefined ? '' : ` password ${made.password}`}`,
    `the former password is valid until ${formerValidUntil.toISOString()}`,
  ];
  printResult(options, { username, formerValidUntil, ...made }, lines);
}

/** The end of a credential: a time, or null for `never`. Throws OperatorError for a text that is neither. */
function readEnd(text: string): Date | null {
  if (text === 'never') return null;
  const read = readDateTime(text);
  if (isRefusal(read)) {
    throw new OperatorError(`--valid-until ${text}: not a time such as 2027-01-31T00:00:00Z (${read.error})`);
  }
  return read;
}

function credentialLines(credential: ListedCredential): string[] {
  const { registrar, username, label, validFrom, validUntil, revokedAt, formerValidUntil, certificates } = credential;
  const state = revokedAt === null ? `from ${validFrom}` : `revoked ${revokedAt}`;
  const until = validUntil === null ? '' : ` until ${validUntil}`;
  const former = formerValidUntil === null ? '' : `, its former password until ${formerValidUntil}`;
  return [
    `${registrar} ${username} ${state}${until}${former}${label === '' ? '' : ` (${label})`}`,
    ...certificates.map(({ fingerprint, subject }) => `  ${certificateText(fingerprint, subject)}`),
  ];
}
