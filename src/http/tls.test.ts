import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { issue, type Wanted } from '../../test/support/certificate.js';
import { certificateOf, fingerprintOf, readCertificate, subjectOf } from './tls.js';

const subjects: Wanted['subject'][] = [
  [['CN', 'carrier.example']],
  [
    ['C', 'DE'],
    ['O', 'Jäger & Söhne'],
    ['OU', 'a'],
    ['OU', 'b'],
    ['CN', 'x'],
  ],
  [
    ['O', 'a,b+c="d";<e>\\ f# '],
    ['CN', ' #x'],
  ],
  [['O', 'x\nCN=y']],
  [['CN', '周杰倫']],
];

describe('the names of a certificate', () => {
  it.each(
    subjects.map((subject) => [subject.map(([name, value]) => `${name}=${value}`).join(' | '), subject] as const),
  )('%s: as openssl prints it', ({ length: _ }, subject) => {
    const { cert } = issue({ subject });
    const read = new X509Certificate(cert);
    const openssl = (...options: string[]) =>
      execFileSync('openssl', ['x509', '-noout', ...options], { input: cert, encoding: 'utf8' }).replace(/\n$/, '');
    if (spawnSync('openssl', ['version']).status !== 0) {
      process.stdout.write('openssl is not here: only our own form is checked\n');
      expect(subjectOf(read)).not.toContain('\n');
      return;
    }
    const [, printed] = /^subject=(.*)$/s.exec(openssl('-subject', '-nameopt', 'RFC2253,-esc_msb,utf8')) ?? [];
    expect(subjectOf(read)).toBe(printed);
    const [, hash = ''] = /Fingerprint=(.*)$/.exec(openssl('-fingerprint', '-sha256')) ?? [];
    expect(fingerprintOf(read)).toBe(hash.replaceAll(':', '').toLowerCase());
  });

  it('two subjects that differ in where their parts end have different texts', () => {
    const one = new X509Certificate(
      issue({
        subject: [
          ['O', 'a'],
          ['CN', 'b'],
        ],
      }).cert,
    );
    const other = new X509Certificate(issue({ subject: [['CN', 'b,O=a']] }).cert);
    expect(subjectOf(one)).toBe('CN=b,O=a');
    expect(subjectOf(other)).toBe('CN=b\\,O=a');
  });
});

it('a text that is not a certificate is read as undefined', () => {
  expect(readCertificate('')).toBeUndefined();
  expect(readCertificate(issue({ subject: [['CN', 'x']] }).key)).toBeUndefined();
  expect(readCertificate(issue({ subject: [['CN', 'x']] }).cert)).toBeInstanceOf(X509Certificate);
});

it('a connection without TLS has no certificate', () => {
  expect(certificateOf(new Socket())).toBeUndefined();
});
