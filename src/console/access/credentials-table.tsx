import type { ListedCertificate, ListedCredential } from '../../registry/access/administration.js';
import { Choice } from '../markup/choice.js';
import { FormToken } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { certificateRemovalPath, credentialChangePath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import { certificateText, nameOf } from './certificate-changes.js';

interface CredentialTableParts {
  readonly credentials: readonly ListedCredential[];
  /** With the ways to change them. */
  readonly isChangeable: boolean;
}

/** Credentials without secrets, each with its certificates. */
export function CredentialTable({ credentials, isChangeable }: CredentialTableParts) {
  const head = ['User name', 'Label', 'Valid until', 'Revoked', 'Let in', 'Former password until', 'Certificates'];
  return (
    <Table
      caption="Credentials"
      head={isChangeable ? [...head, 'Change'] : head}
      rows={credentials.map((credential) => {
        const { username, label, validUntil, revokedAt, isLetIn, formerValidUntil, certificates } = credential;
        return [
          ...[username, label, validUntil, revokedAt, isLetIn ? 'yes' : 'no', formerValidUntil],
          certificates.length > 0 && (
            <ul>
              {certificates.map((each) => (
                <li key={certificateText(nameOf(each))}>
                  <Certificate username={username} certificate={each} isChangeable={isChangeable} />
                </li>
              ))}
            </ul>
          ),
          ...(isChangeable ? [<Changes of={credential} />] : []),
        ];
      })}
    />
  );
}

interface CertificateParts {
  readonly username: string;
  readonly certificate: ListedCertificate;
  readonly isChangeable: boolean;
}

function Certificate({ username, certificate, isChangeable }: CertificateParts) {
  const name = nameOf(certificate);
  const { notAfter } = certificate;
  return (
    <>
      {certificateText(name)}
      {notAfter !== null && `, until ${notAfter}`}{' '}
      {isChangeable && <a href={certificateRemovalPath(username, { ...name })}>Remove it…</a>}
    </>
  );
}

function Changes({ of: { username, revokedAt, formerValidUntil } }: { readonly of: ListedCredential }) {
  if (revokedAt !== null) return null;
  return (
    <ul>
      {formerValidUntil !== null && (
        <li>
          <a href={credentialChangePath('end-former', username)}>End the former password…</a>
        </li>
      )}
      <li>
        <a href={credentialChangePath('rotate', username)}>New password…</a>
      </li>
      <li>
        <a href={credentialChangePath('revoke', username)}>Revoke…</a>
      </li>
    </ul>
  );
}

/** Asks for a new credential of a registrar. */
export function AddCredential({ registrar }: { readonly registrar: string }) {
  return (
    <>
      <h2>Add a credential</h2>
      <form action="/console/credential/add" class="fields">
        <input type="hidden" name="registrar" value={registrar} />
        <label>
          User name
          <input name="username" required autocapitalize="none" autocomplete="off" />
        </label>
        <label>
          Label, for people
          <input name="label" autocomplete="off" />
        </label>
        <label>
          Ends when this day begins (UTC)
          <input name="until" type="date" />
        </label>
        <button type="submit">Add…</button>
      </form>
    </>
  );
}

/** Asks for a certificate that logs in as one of some user names. */
export function AddCertificate({
  usernames,
  visitor,
}: {
  readonly usernames: readonly string[];
  readonly visitor: Visitor;
}) {
  const [first = ''] = usernames;
  return (
    <>
      <h2>Accept a client certificate</h2>
      <form method="post" action="/console/certificate/read">
        <FormToken visitor={visitor} />
        <Choice name="username" label="It logs in as" words={usernames} value={first} />
        <label>
          Certificate in PEM
          <textarea name="pem" rows={4} required spellcheck={false} />
        </label>
        <Choice
          name="by"
          label="Accepted are"
          words={['fingerprint', 'subject']}
          names={{ fingerprint: 'this certificate alone', subject: 'all with its subject' }}
          value="fingerprint"
        />
        <button type="submit">Accept…</button>
      </form>
    </>
  );
}
