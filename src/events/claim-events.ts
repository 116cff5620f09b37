import { type EventMembers, type EventType, eventType, oneOf, orgId, orNull, text } from './event-type.js';

/** What all events about claims have (RFC 7877 §6.2). */
const claim = {
  registrant: orgId('Claimant'),
  kind: oneOf('Kind of the identifier', ['TN', 'TNRange', 'TNPrefix', 'RN']),
  value: text('Digits of the identifier; of a range, its ends with a hyphen between them'),
};
const decided = {
  ...claim,
  decidedBy: oneOf('Authority data, the policy, the operator, the withdrawal of rivals, or time', [
    ...['authority', 'firstClaim', 'deny', 'operator', 'withdrawal', 'expiry'],
  ]),
  rival: orNull(orgId('Organization that has the numbers instead, or claims them as well; null: none is known')),
};

const subject = 'tn:iana-en:222:12025550101';
const claimed = { registrant: 'iana-en:222', kind: 'TN', value: '12025550101' };

function claimEvent(kind: Omit<EventMembers, 'audience' | 'subject'>): EventType {
  return eventType({ ...kind, audience: 'the claimant', subject });
}

/** Events about claims to be carrier of record. The answer to the claimant's own request tells that a claim holds at once. */
export const claimEvents: readonly EventType[] = [
  claimEvent({
    type: 'sppp.claim.won.v1',
    meaning: 'A claim that waited, or was lost, holds now.',
    members: decided,
    example: { ...claimed, decidedBy: 'withdrawal', rival: null },
  }),
  claimEvent({
    type: 'sppp.claim.lost.v1',
    meaning: 'A claim is lost, or another one has taken the numbers.',
    members: decided,
    example: { ...claimed, decidedBy: 'authority', rival: 'iana-en:111' },
  }),
  claimEvent({
    type: 'sppp.claim.pending.v1',
    meaning: 'A claim waits for the operator.',
    members: {
      ...claim,
      isWide: { description: 'It covers more numbers than a first claim may take', type: 'boolean' },
    },
    example: { ...claimed, isWide: false },
  }),
  claimEvent({
    type: 'sppp.claim.contested.v1',
    meaning: 'A claim waits while another organization holds or claims some of the numbers.',
    members: { ...claim, rival: orgId('Organization that holds or claims them') },
    example: { ...claimed, rival: 'iana-en:111' },
  }),
  claimEvent({
    type: 'sppp.claim.expired.v1',
    meaning: 'A claim is lost because it has waited too long.',
    members: decided,
    example: { ...claimed, decidedBy: 'expiry', rival: 'iana-en:111' },
  }),
];
