import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { readConfig } from '../config.js';
import { ha1, realm } from '../http/ha1.js';
import { fingerprintOf, readCertificate, subjectOf } from '../http/tls.js';
import {
  AdministrationFault,
  addCertificate,
  addCredential,
  type CertificateName,
  listCredentials,
  removeCertificate,
  revokeCredential,
  setTrace,
} from '../registry/administration.js';
import { traceLevels } from '../registry/credentials.js';
import { administer } from './administer.js';
import { randomPassword } from './random-password.js';
import { say } from './say.js';

interface Options {
  readonly password: boolean;
  readonly passwordFile?: string;
  readonly label: string;
  readonly validUntil?: string;
}

/**
 * `sppp credential`: who is let in, and by what.
 *
 * `add`: a user name and password for HTTP Digest. The password comes from a file or standard input, or
 * is made and printed once; never from the command line, which others can see.
 */
export function credentialCommand(): Command {
  const credential = new Command('credential').description('user names, passwords and certificates of registrars');
  credential
    .command('add')
    .argument('<registrar>', 'organization id of the registrar')
    .argument('<username>')
    .option('--password-file <file>', 'read the password from a file, - for standard input; else one is made')
    .option('--no-password', 'a password that nobody knows: for a credential with certificates only')
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
      const printed = made !== undefined && options.password;
      say(printed ? `credential ${username} password ${made}` : `credential ${username}`);
    });
  credential
    .command('list')
    .argument('[registrar]', 'organization id of the registrar')
    .description('credentials with their certificates, one line each')
    .action((registrar?: string) =>
      administer(readConfig(process.env), async (prisma) => {
        for (const each of await listCredentials(prisma, registrar)) {
          const { label, validFrom, validUntil, revokedAt } = each;
          const state = revokedAt === null ? `from ${validFrom.toISOString()}` : `revoked ${revokedAt.toISOString()}`;
          const until = validUntil === null ? '' : ` until ${validUntil.toISOString()}`;
          say(`${each.registrar} ${each.username} ${state}${until}${label === '' ? '' : ` (${label})`}`);
          for (const { fingerprint, subject } of each.certificates) say(`  ${spoken(fingerprint, subject)}`);
        }
      }),
    );
  credential
    .command('revoke')
    .argument('<username>')
    .description('let a credential in no longer, its certificates included; add gives it a new password')
    .action(async (name: string) => {
      const username = name.normalize('NFC');
      await administer(readConfig(process.env), (prisma) => revokeCredential(prisma, username, new Date()));
      say(`credential ${username} revoked`);
    });
  credential
    .command('trace')
    .argument('<registrar>', 'organization id of the registrar')
    .argument('<level>', traceLevels.join(', '))
    .description('what the SPPP-Trace header of answers tells a registrar')
    .action(async (registrar: string, asked: string) => {
      const level = traceLevels.find((each) => each === asked);
      if (level === undefined) throw new AdministrationFault(`trace ${asked}: one of ${traceLevels.join(', ')}`);
      await administer(readConfig(process.env), (prisma) => setTrace(prisma, registrar, level));
      say(`${registrar} trace ${level}`);
    });
  return credential.addCommand(certificateCommand());
}

interface CertificateOptions {
  readonly file?: string;
  readonly fingerprint?: string;
  readonly subject?: string;
  readonly bySubject?: true;
  readonly label?: string;
}

/** `sppp credential certificate`: client certificates that stand for a credential, without a password. */
function certificateCommand(): Command {
  const certificate = new Command('certificate').description('client certificates that stand for a credential');
  const named = (command: Command) =>
    command
      .option('--file <file>', 'the certificate in PEM, - for standard input')
      .option('--by-subject', 'with --file: whatever certificate has its subject, not this one alone')
      .option('--fingerprint <hex>', 'SHA-256 of the certificate, colons or not')
      .option('--subject <subject>', 'the whole subject, as: openssl x509 -subject -nameopt RFC2253,-esc_msb,utf8');
  named(certificate.command('add').argument('<username>'))
    .option('--label <label>', 'for people', '')
    .description('let in who shows this certificate, as this user')
    .action(async (name: string, options: CertificateOptions) => {
      const username = name.normalize('NFC');
      const known = await certificateNamed(options);
      await administer(readConfig(process.env), (prisma) =>
        addCertificate(prisma, username, known, options.label ?? ''),
      );
      say(`credential ${username} ${spokenName(known)}`);
    });
  named(certificate.command('remove'))
    .description('let in nobody by this certificate')
    .action(async (options: CertificateOptions) => {
      const known = await certificateNamed(options);
      await administer(readConfig(process.env), (prisma) => removeCertificate(prisma, known));
      say(`removed ${spokenName(known)}`);
    });
  return certificate;
}

async function certificateNamed({
  file,
  fingerprint,
  subject,
  bySubject,
}: CertificateOptions): Promise<CertificateName> {
  if ([file, fingerprint, subject].filter((each) => each !== undefined).length !== 1) {
    throw new AdministrationFault('certificate: exactly one of --file, --fingerprint and --subject');
  }
  if (subject !== undefined) return { subject };
  if (fingerprint !== undefined) return { fingerprint: fingerprint.replaceAll(':', '').toLowerCase() };
  const read = readCertificate(await contentOf(file ?? '-'));
  if (read === undefined) throw new AdministrationFault(`--file ${file}: no certificate in PEM`);
  return bySubject ? { subject: subjectOf(read) } : { fingerprint: fingerprintOf(read) };
}

function spokenName(name: CertificateName): string {
  return 'subject' in name ? spoken(null, name.subject) : spoken(name.fingerprint, null);
}

function spoken(fingerprint: string | null, subject: string | null): string {
  return subject === null ? `fingerprint ${fingerprint}` : `subject ${subject}`;
}

function contentOf(file: string): Promise<string> {
  return file === '-' ? text(process.stdin) : readFile(file, 'utf8');
}

/** What is stored of a password. */
export function secretsOf(username: string, password: string): { ha1Md5: string; ha1Sha256: string } {
  return {
    ha1Md5: ha1('MD5', username, realm, password),
    ha1Sha256: ha1('SHA-256', username, realm, password),
  };
}

async function readPassword(file: string): Promise<string> {
  const password = (await contentOf(file)).replace(/\r?\n$/, '');
  if (password === '') throw new AdministrationFault('password: not empty');
  return password;
}
