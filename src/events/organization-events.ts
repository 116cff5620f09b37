import { type EventType, eventType, oneOf, orgId, orNull, text, time } from './event-type.js';

const organization = { organization: orgId('The organization') };
const list = (description: string) => ({ description, type: ['array', 'null'], items: { type: 'string' } });
const grant = {
  grant: { description: 'Number of the grant', type: 'integer' },
  registrar: orgId('Organization that may act'),
  registrant: orgId('Organization that it may act for'),
  nouns: list('Kinds of object; null: all'),
  verbs: list('What it may do; null: everything'),
  spans: list('Numbers, ranges and prefixes that it may write; null: all'),
};
const credential = { registrar: orgId('Organization that logs in'), username: text('User name') };
const validity = { validFrom: time('Its begin'), validUntil: orNull(text('Its end; null: none')) };

const granted = { grant: 7, registrar: 'iana-en:225', registrant: 'iana-en:222', nouns: ['PubId'], verbs: null };
const bothSides = 'the registrar, and the registrant';
const holder = { registrar: 'iana-en:222', username: 'ssp2r' };

/** Events about what the operator decides about an organization. */
export const organizationEvents: readonly EventType[] = [
  eventType({
    type: 'sppp.organization.suspended.v1',
    meaning: 'The organization is suspended: its credentials are refused, and its numbers are in no answers.',
    audience: 'the organization',
    members: organization,
    subject: 'organization:iana-en:222',
    example: { organization: 'iana-en:222' },
  }),
  eventType({
    type: 'sppp.organization.resumed.v1',
    meaning: 'The suspension has ended.',
    audience: 'the organization',
    members: organization,
    subject: 'organization:iana-en:222',
    example: { organization: 'iana-en:222' },
  }),
  eventType({
    type: 'sppp.grant.made.v1',
    meaning: 'A registrar may act for a registrant.',
    audience: bothSides,
    members: grant,
    subject: 'grant:7',
    example: { ...granted, spans: ['1202'] },
  }),
  eventType({
    type: 'sppp.grant.changed.v1',
    meaning: 'A grant allows more or less than before.',
    audience: bothSides,
    members: grant,
    subject: 'grant:7',
    example: { ...granted, spans: null },
  }),
  eventType({
    type: 'sppp.grant.withdrawn.v1',
    meaning: 'A grant has ended.',
    audience: bothSides,
    members: grant,
    subject: 'grant:7',
    example: { ...granted, spans: null },
  }),
  eventType({
    type: 'sppp.credential.made.v1',
    meaning: 'The organization has a new credential.',
    audience: 'the organization',
    members: { ...credential, ...validity },
    subject: 'credential:ssp2r',
    example: { ...holder, validFrom: '2027-01-31T09:30:10.25+00:00', validUntil: null },
  }),
  eventType({
    type: 'sppp.credential.changed.v1',
    meaning: 'A credential has another password, certificate, label or time.',
    audience: 'the organization',
    members: {
      ...credential,
      ...validity,
      changed: {
        description: 'What differs from before',
        type: 'array',
        items: oneOf('A part of the credential', [
          ...['password', 'formerPassword', 'certificates', 'label', 'validity', 'revocation'],
        ]),
      },
    },
    subject: 'credential:ssp2r',
    example: { ...holder, validFrom: '2027-01-31T09:30:10.25+00:00', validUntil: null, changed: ['password'] },
  }),
  eventType({
    type: 'sppp.credential.revoked.v1',
    meaning: 'A credential is refused from now on.',
    audience: 'the organization',
    members: credential,
    subject: 'credential:ssp2r',
    example: holder,
  }),
];
