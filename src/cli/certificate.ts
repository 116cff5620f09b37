import { Command } from 'commander';
import { readConfig } from '../config.js';
import { fingerprintOf, readCertificate, subjectOf } from '../http/tls.js';
import { OperatorError } from '../operator-error.js';
import { addCertificate, type CertificateName, removeCertificate } from '../registry/access/administration.js';
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

/** `sppp credential certificate`: client certificates that a credential can log in with, without a password. */
export function certificateCommand(): Command {
  const certificate = new Command('certificate').description('client certificates that log in as a credential');
  const named = (command: Command) =>
    command
      .option('--file <file>', 'the certificate in PEM, - for standard input')
      .option('--by-subject', 'with --file: all certificates with its subject, not this one alone')
      .option('--fingerprint <hex>', 'SHA-256 of the certificate, colons or not')
      .option('--subject <subject>', 'the whole subject, as: openssl x509 -subject -nameopt RFC2253,-esc_msb,utf8')
      .addOption(jsonOption());
  named(certificate.command('add').argument('<username>'))
    .option('--label <label>', 'for people; else it stays as it is')
    .description('accept this certificate as the login of this user')
    .action(async (name: string, options: Options) => {
      const username = name.normalize('NFC');
      const { known, notAfter } = await certificateNamed(options);
      await administer(readConfig(process.env), (prisma) =>
        addCertificate(prisma, username, known, options.label, notAfter),
      );
      printResult(options, { username, ...known }, [`credential ${username} ${nameText(known)}`]);
    });
  named(certificate.command('remove'))
    .description('accept this certificate no longer')
    .action(async (options: Options) => {
      const { known } = await certificateNamed(options);
      await administer(readConfig(process.env), (prisma) => removeCertificate(prisma, known));
      printResult(options, known, [`removed ${nameText(known)}`]);
    });
  return certificate;
}

interface Named {
  readonly known: CertificateName;
  /** The end of the certificate, if it alone is named and was read. */
  readonly notAfter?: Date;
}

async function certificateNamed({ file, fingerprint, subject, bySubject }: Options): Promise<Named> {
  if ([file, fingerprint, subject].filter((each) => each !== undefined).length !== 1) {
    throw new OperatorError('certificate: exactly one of --file, --fingerprint and --subject');
  }
  if (subject !== undefined) return { known: { subject } };
  if (fingerprint !== undefined) return { known: { fingerprint: fingerprint.replaceAll(':', '').toLowerCase() } };
  const read = readCertificate(await readText(file ?? '-'));
  if (read === undefined) throw new OperatorError(`--file ${file}: no certificate in PEM`);
  if (bySubject) return { known: { subject: subjectOf(read) } };
  return { known: { fingerprint: fingerprintOf(read) }, notAfter: new Date(read.validTo) };
}

function nameText(name: CertificateName): string {
  return 'subject' in name ? certificateText(null, name.subject) : certificateText(name.fingerprint, null);
}

/** The name of a certificate, by its fingerprint or its subject. */
export function certificateText(fingerprint: string | null, subject: string | null): string {
  return subject === null ? `fingerprint ${fingerprint}` : `subject ${subject}`;
}
