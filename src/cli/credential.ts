import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { readConfig } from '../config.js';
import { ha1, realm } from '../http/ha1.js';
import { AdministrationFault, addCredential } from '../registry/administration.js';
import { administer } from './administer.js';
import { randomPassword } from './random-password.js';
import { say } from './say.js';

interface Options {
  readonly passwordFile?: string;
  readonly label: string;
  readonly validUntil?: string;
}

/**
 * `sppp credential add`: a user name and password for HTTP Digest. The password comes from a file or standard input, or
 * is made and printed once; never from the command line, which others can see.
 */
export function credentialCommand(): Command {
  const credential = new Command('credential').description('user names and passwords of registrars');
  credential
    .command('add')
    .argument('<registrar>', 'organization id of the registrar')
    .argument('<username>')
    .option('--password-file <file>', 'read the password from a file, - for standard input; else one is made')
    .option('--label <label>', 'for people', '')
    .option('--valid-until <time>', 'such as 2027-01-31T00:00:00Z')
    .description('give a registrar a credential, or an existing one a new password')
    .action(async (registrar: string, name: string, options: Options) => {
      const username = name.normalize('NFC');
      const made = options.passwordFile === undefined ? randomPassword() : undefined;
      const password = made ?? (await readPassword(options.passwordFile ?? '-'));
      const credential = { registrar, username, label: options.label, ...secretsOf(username, password) };
      const validUntil = options.validUntil === undefined ? undefined : new Date(options.validUntil);
      if (validUntil !== undefined && Number.isNaN(validUntil.getTime())) {
        throw new AdministrationFault(`--valid-until ${options.validUntil}: not a time`);
      }
      await administer(readConfig(process.env), (prisma) => addCredential(prisma, { ...credential, validUntil }));
      say(made === undefined ? `credential ${username}` : `credential ${username} password ${made}`);
    });
  return credential;
}

/** What is stored of a password. */
export function secretsOf(username: string, password: string): { ha1Md5: string; ha1Sha256: string } {
  return {
    ha1Md5: ha1('MD5', username, realm, password),
    ha1Sha256: ha1('SHA-256', username, realm, password),
  };
}

async function readPassword(file: string): Promise<string> {
  const content = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  const password = content.replace(/\r?\n$/, '');
  if (password === '') throw new AdministrationFault('password: not empty');
  return password;
}
