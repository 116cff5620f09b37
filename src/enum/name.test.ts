import { describe, expect, it } from 'vitest';
import { Apexes, identifierOf } from './name.js';
import { isUnreadable, readQuery } from './query.js';
import { readEnumSettings } from './settings.js';

const settings = readEnumSettings({ SPPP_ENUM_APEXES: 'e164.arpa peer.e164.arpa rn=rn.example 1.rn.example' });
const apexes = new Apexes(settings.apexes);

/** A question for a name, which has a dot between labels. */
function asked(name: string) {
  const labels = name.split('.').map((label) => String.fromCharCode(label.length) + label);
  const header = Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const query = readQuery(Buffer.concat([header, Buffer.from(`${labels.join('')}\0\0\x23\0\x01`, 'latin1')]));
  if (query === undefined || isUnreadable(query)) throw new Error(`${name} cannot be read`);
  return query;
}

describe('the apex of a name', () => {
  it.each([
    ['e164.arpa', 'e164.arpa', 12],
    ['4.3.2.1.E164.Arpa', 'e164.arpa', 20],
    ['1.peer.e164.arpa', 'peer.e164.arpa', 14],
    ['peer.e164.arpa', 'peer.e164.arpa', 12],
    ['2.1.rn.example', '1.rn.example', 14],
    ['xe164.arpa', undefined, undefined],
    ['arpa', undefined, undefined],
    // The octets of the apex, inside of a longer label.
    ['1.\x04e164.arpa', undefined, undefined],
    ['e164\x04arpa', undefined, undefined],
  ])('%j', (name, apex, at) => {
    const place = apexes.placeOf(asked(name));
    expect([place?.apex.name, place?.at]).toEqual([apex, at]);
  });
});

describe('the identifier of a name', () => {
  it.each([
    ['4.3.2.1.e164.arpa', '+1234'],
    ['1.rn.e164.arpa', undefined],
    ['3.2.rn.example', 'rn=23'],
    ['12.e164.arpa', undefined],
    ['1.12.e164.arpa', undefined],
    ['12.1.e164.arpa', undefined],
    ['123.1.e164.arpa', undefined],
    ['\x01\x31.1.e164.arpa', undefined],
    ['a.1.e164.arpa', undefined],
    [`${'1.'.repeat(20)}e164.arpa`, `+${'1'.repeat(20)}`],
    [`${'1.'.repeat(21)}e164.arpa`, undefined],
  ])('%j', (name, identifier) => {
    const query = asked(name);
    const place = apexes.placeOf(query);
    expect(place && identifierOf(query, place)).toBe(identifier);
  });
});
