import { type EventType, eventType, orgId, text } from './event-type.js';

/** What all events about offers have (RFC 7877 §6.5). */
const offer = {
  registrant: orgId('Owner of the SED group'),
  sedGrp: text('Name of the SED group, folded'),
  offeredTo: orgId('Recipient of the offer'),
  registrar: orgId('Registrar whose request it was'),
};

const subject = 'sedGrpOffer:iana-en:222:ingress_west/iana-en:111';
const offered = { registrant: 'iana-en:222', sedGrp: 'ingress_west', offeredTo: 'iana-en:111' };
const byOwner = { ...offered, registrar: 'iana-en:222' };
const byRecipient = { ...offered, registrar: 'iana-en:111' };

/** Events about offers of SED groups. */
export const offerEvents: readonly EventType[] = [
  eventType({
    type: 'sppp.offer.made.v1',
    meaning: 'An SED group is offered.',
    audience: 'the recipient',
    members: offer,
    subject,
    example: byOwner,
  }),
  eventType({
    type: 'sppp.offer.accepted.v1',
    meaning: 'An offer is accepted: the recipient is a peer now.',
    audience: 'the owner of the SED group; the recipient too, if a standing agreement accepted it',
    members: offer,
    optional: { agreement: { description: 'Number of the standing agreement that accepted it', type: 'integer' } },
    subject,
    example: byRecipient,
  }),
  eventType({
    type: 'sppp.offer.rejected.v1',
    meaning: 'An offer is rejected that was not accepted before.',
    audience: 'the owner of the SED group',
    members: offer,
    subject,
    example: byRecipient,
  }),
  eventType({
    type: 'sppp.offer.withdrawn.v1',
    meaning: 'An offer is taken back, by its deletion or with its SED group.',
    audience: 'the recipient',
    members: {
      ...offer,
      wasAccepted: { description: 'The recipient was a peer until then', type: 'boolean' },
    },
    subject,
    example: { ...byOwner, wasAccepted: true },
  }),
  eventType({
    type: 'sppp.peer.lost.v1',
    meaning: 'A peer rejects an offer that it had accepted.',
    audience: 'the owner of the SED group',
    members: offer,
    subject,
    example: byRecipient,
  }),
];
