import { choice, optionalText, wholeNumber } from './setting.js';

const serve = ['serve', 'demo'] as const;

/** How claims to be carrier of record are settled; RFC 7877 §6.2 leaves it to the registry. */
export const cor = {
  policy: choice({
    name: 'SPPP_COR_POLICY',
    values: ['firstClaim', 'deny', 'hold'],
    meaning:
      'What happens to a claim to numbers that authority data do not give to one carrier: `firstClaim`: the first claim wins; `deny`: it is lost; `hold`: it waits for the operator',
    usedBy: serve,
  }),
  refuted: choice({
    name: 'SPPP_COR_REFUTED',
    values: ['keep', 'refuse'],
    meaning:
      'What happens to a claim that authority data refute: `keep`: the identifier is stored with `cor` false; `refuse`: the add fails with 2103 `corClaim`',
    usedBy: serve,
  }),
  former: choice({
    name: 'SPPP_COR_FORMER',
    values: ['demote', 'remove', 'hold'],
    meaning:
      "What happens to the holder's identifier when authority data give its numbers to a new claim: `demote`: it stays with `cor` false; `remove`: it is deleted, by the new claim's request; `hold`: it stays, and the new claim waits",
    usedBy: serve,
  }),
  holdDays: wholeNumber({
    name: 'SPPP_COR_HOLD_DAYS',
    default: 30,
    min: 1,
    max: 36_500,
    unit: 'days',
    meaning: 'Time that a claim waits',
    usedBy: serve,
    whenHit: 'The claim is lost',
  }),
  firstClaimNumbers: wholeNumber({
    name: 'SPPP_COR_FIRST_CLAIM_NUMBERS',
    default: 10_000,
    min: 1,
    max: 10 ** 15,
    unit: 'numbers',
    meaning:
      'Numbers in a range or prefix that a first claim may take, counted by `SPPP_COR_NUMBER_LENGTHS`; 10^15: no limit',
    usedBy: serve,
    whenHit: 'The claim waits for the operator',
  }),
  numberLengths: optionalText({
    name: 'SPPP_COR_NUMBER_LENGTHS',
    rule: 'prefix=digits such as 44=12',
    meaning: 'How many digits numbers have, by their first digits: `1=11 44=12`; all others have 15',
    usedBy: serve,
  }),
} as const;
