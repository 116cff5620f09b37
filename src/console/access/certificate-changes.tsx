import { HttpRefusedError } from '../../http/http-refused.js';
import { fingerprintOf, readCertificate, subjectOf } from '../../http/tls.js';
import {
  addCertificate,
  type CertificateName,
  type ListedCertificate,
  removeCertificate,
} from '../../registry/access/administration.js';
import { organizationPath } from '../paths.js';
import { Effects, nothingTold } from '../planned-change.js';
import type { Plan } from '../planned-routes.js';
import { endIn, type Query, refused, shown, textIn } from '../query.js';
import { type CredentialChangesParts, registrarsCredential, requireCredentials } from './credential-changes.js';

/**
 * The changes that operators make of client certificates, by the last part of their paths: as `sppp credential certificate`
 * makes them.
 */
export function certificatePlans({ prisma, clock }: CredentialChangesParts): Readonly<Record<string, Plan>> {
  return {
    add: async (query, visitor) => {
      requireCredentials(visitor);
      const { registrar, username } = await registrarsCredential(prisma, textIn(query, 'username'));
      const name = nameIn(query);
      const notAfter = endIn(query, 'until', clock());
      return {
        title: `Let a certificate log in as ${username}`,
        effects: (
          <Effects
            lines={[
              certificateText(name),
              'who connects with it, and has its key, needs no password',
              ...(notAfter === undefined ? [] : [`it ends ${notAfter.toISOString()}`]),
            ]}
          />
        ),
        ...{ button: 'Accept it', back: organizationPath(registrar) },
        make: () => addCertificate(prisma, username, name, undefined, notAfter).then(nothingTold),
      };
    },
    remove: async (query, visitor) => {
      requireCredentials(visitor);
      const { registrar, username, certificates } = await registrarsCredential(prisma, textIn(query, 'username'));
      const name = nameIn(query);
      shown(certificates.find((each) => certificateText(nameOf(each)) === certificateText(name)));
      return {
        title: `Accept a certificate of ${username} no longer`,
        effects: <Effects lines={[certificateText(name), 'logins by it are refused from now on']} />,
        ...{ button: 'Remove it', back: organizationPath(registrar) },
        make: () => removeCertificate(prisma, name).then(nothingTold),
      };
    },
  };
}

/**
 * The parameters of the page that accepts a certificate, from the form that has its PEM text: its fingerprint and its end, or
 * its subject if all certificates with that subject are meant.
 *
 * @throws HttpRefusedError 400 for a text that is no certificate
 */
export function readCertificateForm(form: URLSearchParams): URLSearchParams {
  const read = readCertificate(form.get('pem') ?? '');
  if (read === undefined)
    throw new HttpRefusedError(400, 'certificate: the PEM text of one, which begins with -----BEGIN CERTIFICATE-----.');
  const username = form.get('username') ?? '';
  if (form.get('by') === 'subject') return new URLSearchParams({ username, subject: subjectOf(read) });
  const until = new Date(read.validTo).toISOString();
  return new URLSearchParams({ username, fingerprint: fingerprintOf(read), until });
}

/** The name of a certificate that is listed. */
export function nameOf({ fingerprint, subject }: ListedCertificate): CertificateName {
  return fingerprint === null ? { subject: subject ?? '' } : { fingerprint };
}

/** The same for people. */
export function certificateText(name: CertificateName): string {
  return 'subject' in name ? `subject ${name.subject}` : `fingerprint ${name.fingerprint}`;
}

function nameIn(query: Query): CertificateName {
  const [fingerprint, subject] = [textIn(query, 'fingerprint'), textIn(query, 'subject')];
  if (subject !== '') return { subject };
  if (/^[0-9a-f]{64}$/.test(fingerprint)) return { fingerprint };
  throw refused('fingerprint', fingerprint, '64 hex digits, the SHA-256 of the certificate');
}
