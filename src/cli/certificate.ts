import { Command } from 'commander';
import { readConfig } from '../config.js';
import { fingerprintOf, readCertificate, subjectOf } from '../http/tls.js';
import {
  AdministrationFault,
  addCertificate,
  type CertificateName,
  removeCertificate,
} from '../registry/access/administration.js';
import { administer } from './administer.js';
import { jsonOption, printResult } from './output.js';
import { readText } from './text-file.js';

interface Options {
  readonly json?: boolean;
  readonly file?: string;
  readonly fingerprint?: string;
  readonly subject?: string;
  readonly bySubject?: true;
  readonly label?: string;
}

/** `sppp credential certificate`: client certificates that stand for a credential, without a password. */
export function certificateCommand(): Command {
  const certificate = new Command('certificate').description('client certificates that stand for a credential');
  const named = (command: Command) =>
    command
      .option('--file <file>', 'the certificate in PEM, - for standard input')
      .option('--by-subject', 'with --file: whatever certificate has its subject, not this one alone')
      .option('--fingerprint <hex>', 'SHA-256 of the certificate, colons or not')
      .option('--subject <subject>', 'the whole subject, as: openssl x509 -subject -nameopt RFC2253,-esc_msb,utf8')
      .addOption(jsonOption());
  named(certificate.command('add').argument('<username>'))
    .option('--label <label>', 'for people; else it stays as it is')
    .description('let in who shows this certificate, as this user')
    .action(async (name: string, options: Options) => {
      const username = name.normalize('NFC');
      const known = await certificateNamed(options);
      await administer(readConfig(process.env), (prisma) => addCertificate(prisma, username, known, options.label));
      printResult(options, { username, ...known }, [`credential ${username} ${spokenName(known)}`]);
    });
  named(certificate.command('remove'))
    .description('let in nobody by this certificate')
    .action(async (options: Options) => {
      const known = await certificateNamed(options);
      await administer(readConfig(process.env), (prisma) => removeCertificate(prisma, known));
      printResult(options, known, [`removed ${spokenName(known)}`]);
    });
  return certificate;
}

async function certificateNamed({ file, fingerprint, subject, bySubject }: Options): Promise<CertificateName> {
  if ([file, fingerprint, subject].filter((each) => each !== undefined).length !== 1) {
    throw new AdministrationFault('certificate: exactly one of --file, --fingerprint and --subject');
  }
  if (subject !== undefined) return { subject };
  if (fingerprint !== undefined) return { fingerprint: fingerprint.replaceAll(':', '').toLowerCase() };
  const read = readCertificate(await readText(file ?? '-'));
  if (read === undefined) throw new AdministrationFault(`--file ${file}: no certificate in PEM`);
  return bySubject ? { subject: subjectOf(read) } : { fingerprint: fingerprintOf(read) };
}

function spokenName(name: CertificateName): string {
  return 'subject' in name ? spoken(null, name.subject) : spoken(name.fingerprint, null);
}

/** A certificate as it is named. */
export function spoken(fingerprint: string | null, subject: string | null): string {
  return subject === null ? `fingerprint ${fingerprint}` : `subject ${subject}`;
}
