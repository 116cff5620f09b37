import { type EventType, eventType, orgId, text, time } from './event-type.js';

const days = { description: 'Days that are left, rounded up to one of these', type: 'integer', enum: [30, 7, 1] };
const holder = { registrar: orgId('Organization that logs in with it'), username: text('User name of the credential') };
const fingerprint = text('SHA-256 of the certificate, in hex', { pattern: '^[0-9a-f]{64}$' });
const print = '3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855e';

/** Events that only time causes. */
export const expiryEvents: readonly EventType[] = [
  eventType({
    type: 'sppp.credential.expires.v1',
    meaning: 'A credential ends soon.',
    audience: 'the organization',
    members: { ...holder, validUntil: time('Its end'), days },
    subject: 'credential:ssp2r',
    example: { registrar: 'iana-en:222', username: 'ssp2r', validUntil: '2027-01-31T09:30:10+00:00', days: 7 },
  }),
  eventType({
    type: 'sppp.certificate.expires.v1',
    meaning: 'A client certificate ends soon.',
    audience: 'the organization',
    members: { ...holder, fingerprint, notAfter: time('Its end'), days },
    subject: `certificate:${print}`,
    example: {
      ...{ registrar: 'iana-en:222', username: 'ssp2r', fingerprint: print },
      ...{ notAfter: '2027-01-31T09:30:10+00:00', days: 30 },
    },
  }),
  eventType({
    type: 'sppp.server.certificateExpires.v1',
    meaning: 'The certificate of a node ends soon.',
    audience: 'operators',
    members: { fingerprint, notAfter: time('Its end'), days },
    subject: `certificate:${print}`,
    example: { fingerprint: print, notAfter: '2027-01-31T09:30:10+00:00', days: 1 },
  }),
];
