/** The published schema of a look-up and the code that reads one take the same questions. */

import fc from 'fast-check';
import Fastify from 'fastify';
import { beforeAll, describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.js';
import { formats, MAX_LENGTH, readLookup } from './question.js';
import { identifierSchema, querySchema } from './schema.js';

let fits: { identifier: (value: unknown) => unknown; query: (value: unknown) => unknown };

/** Compiled by the validator that Fastify would use. */
beforeAll(async () => {
  const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } } });
  app.get('/', async (request) => {
    const [identifier, query] = [identifierSchema, querySchema].map((schema) =>
      request.compileValidationSchema(schema),
    );
    if (identifier && query) fits = { identifier, query };
    return '';
  });
  await app.inject('/');
});

const isInSchema = (identifier: string, query: object) =>
  fits.identifier(identifier) === true && fits.query(query) === true;
const isRead = (identifier: string, query: object) => !('rule' in readLookup(identifier, { ...query }));

const identifiers = fc.oneof(
  fc.constantFrom(
    '',
    '+',
    '+49',
    '49',
    'tn=49',
    'TN=49',
    'rn=+49',
    'rn=',
    'tn=a',
    'rn=sip:a@b',
    '++49',
    '1 2',
    '-1',
    '*',
  ),
  fc.constantFrom(
    'a',
    'é',
    '٣',
    '٣a',
    '٣@a',
    '+a',
    '+a@b',
    '1-800-FLOWERS',
    '12:34',
    'a:',
    ':a',
    '1a:',
    'uri=',
    'URI=1',
  ),
  fc.constantFrom(
    'sip:a@b',
    'sip:a\nb',
    'a\u0000',
    'a\u2028b',
    '1\u2028@a',
    '\u{10400}',
    '\u{1d7d8}',
    'a\u0085',
    '@1',
    '1@2',
  ),
  fc.string({
    unit: fc.constantFrom('t', 'n', 'r', '=', '+', '1', '9', ':', '@', 'a', 'Z', ' ', '.', '-', '٣', 'é', '\t'),
  }),
  fc.string({ unit: 'binary' }),
);
const texts = fc.oneof(
  fc.constantFrom('', 'iana-en:1', 'a\u0007', 'json', 'rtjson', 'naptr', 'JSON'),
  fc.string({ unit: 'binary' }),
);
const addresses = fc.oneof(
  fc.constantFrom('', '::', '::1', '1::', '1.2.3.4', '01.2.3.4', '1.2.3', '1.2.3.256', '1.2.3.4/24', 'fe80::1%eth0'),
  fc.constantFrom(
    '::ffff:1.2.3.4',
    '1:2:3:4:5:6:1.2.3.4',
    '1:2:3:4:5:6:7::',
    '::1.2.3.256',
    '1:2:3:4:5:6:7:8:9',
    ':::',
    '::g',
  ),
  fc.ipV4(),
  fc.ipV6(),
  fc.string({ unit: fc.constantFrom(':', '.', '1', '0', 'f', '%') }),
);
const once = <Value>(value: fc.Arbitrary<Value>) => fc.oneof({ weight: 9, arbitrary: value }, fc.array(value));
const queries = fc
  .record(
    {
      asker: once(fc.oneof({ weight: 5, arbitrary: fc.constant('iana-en:1') }, texts)),
      sourceUri: once(texts),
      sourceIp: once(addresses),
      rootDomain: once(texts),
      format: once(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...formats) }, texts)),
    },
    { requiredKeys: [] },
  )
  .chain((query) =>
    fc.oneof(
      { weight: 9, arbitrary: fc.constant(query) },
      fc.constantFrom('sourceUrl', '__proto__', 'Asker', 'identifier').map((name) => ({
        ...query,
        ...Object.fromEntries([[name, 'x']]),
      })),
    ),
  );

describe('a look-up', () => {
  it('is read if and only if the schema takes it', () => {
    let taken = 0;
    fc.assert(
      fc.property(identifiers, queries, (identifier, query) => {
        const read = isRead(identifier, query);
        if (read) taken++;
        expect(isInSchema(identifier, query)).toBe(read);
      }),
      runs(5000),
    );
    expect(taken).toBeGreaterThan(50);
  });

  it('has identifiers that are read if and only if the schema takes them', () => {
    fc.assert(
      fc.property(identifiers, (identifier) => {
        expect(isInSchema(identifier, { asker: 'iana-en:1' })).toBe(isRead(identifier, { asker: 'iana-en:1' }));
      }),
      runs(20_000),
    );
  });

  it('has addresses that are read if and only if the schema takes them', () => {
    fc.assert(
      fc.property(addresses, (sourceIp) => {
        const query = { asker: 'iana-en:1', sourceIp };
        expect(isInSchema('1', query)).toBe(isRead('1', query));
      }),
      runs(20_000),
    );
  });

  it.each(['x', 'é', '\u{10400}'])('has values of up to 2000 characters %j', (character) => {
    for (const [length, is] of [
      [MAX_LENGTH, true],
      [MAX_LENGTH + 1, false],
    ] as const) {
      const query = { asker: 'iana-en:1', sourceUri: character.repeat(length) };
      expect([isInSchema('1', query), isRead('1', query)]).toEqual([is, is]);
    }
  });
});
