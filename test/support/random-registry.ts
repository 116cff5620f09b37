import fc from 'fast-check';
import type { Question } from '../../src/registry/resolve/resolve.js';
import { compileEre } from '../../src/values/ere.js';
import { checkReplacement } from '../../src/values/replacement.js';
import type { ModelRegistry } from './resolve-model.js';

// Few values, so that they meet: numbers lie in each other's spans, priorities and services are equal.

export const orgs = ['iana-en:1', 'iana-en:2', 'iana-en:3'];
const org = fc.nat({ max: orgs.length - 1 });
const priority = fc.constantFrom(1, 1, 2, 65_535);
const someOf = <T>(items: readonly T[], most: number): fc.Arbitrary<T[]> =>
  items.length === 0
    ? fc.constant<T[]>([])
    : fc.oneof(
        { weight: 4, arbitrary: fc.uniqueArray(fc.constantFrom(...items), { minLength: 1, maxLength: most }) },
        fc.constant<T[]>([]),
      );
export const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);
const name = (kind: string) => (_: unknown, index: number) => `${kind}_${index}`;

const digits = fc
  .tuple(fc.constantFrom('1', '12', '120', '1202', '9'), fc.stringMatching(/^[012359]{0,4}$/))
  .map((parts) => parts.join(''));
const uri = fc.constantFrom('sip:a@example.com', 'mailto:b@example.net', 'x');
const pattern = fc.constantFrom('^(.*)$', '^\\+1(.*)$', '^\\+(1)(2)?(.*)$', '20', '^(.*)@(.*)$', '(1)(2)');
const target = fc.constantFrom('sip:\\1@sbe', 'sip:x\\!y', 'tel:\\2;rn=\\\\\\1', 'fixed', '\\3\\1', '\\1', '\\\\!\\1');
const svcs = fc.constantFrom('E2U+sip', 'E2U+pstn:tel', 'e2u+SIP+pstn:sip:tel', 'E2U+x-a');
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** What can be provisioned: the pattern has the groups that the replacement refers to. */
const fits = (ere: string | undefined, repl: string) => {
  const compiled = compileEre(ere ?? '(1)(2)(3)');
  return 'groups' in compiled && checkReplacement(repl, compiled.groups) === undefined;
};

const record = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ order: priority, svcs, ere: fc.option(pattern, { nil: undefined, freq: 6 }), target })
      .filter((fields) => fits(fields.ere, fields.target))
      .map((fields) => ({ kind: 'NAPTR' as const, ...fields })),
  },
  fc
    .record({ ere: pattern, target })
    .filter((fields) => fits(fields.ere, fields.target))
    .map((fields) => ({ kind: 'URI' as const, ...fields })),
  fc.constant({ kind: 'NS' as const, target: 'ns.example.com' }),
);

const identifier = fc.oneof(
  { weight: 4, arbitrary: digits.map((value) => ({ kind: 'TN' as const, value })) },
  { weight: 2, arbitrary: digits.map((value) => ({ kind: 'TNPrefix' as const, value })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(digits, digits)
      .filter(([start, end]) => start < `${end}:`)
      .map((ends) => ({ kind: 'TNRange' as const, value: ends.join('-') })),
  },
  digits.map((value) => ({ kind: 'RN' as const, value })),
  uri.map((value) => ({ kind: 'URI' as const, value })),
);

const source = fc.record({
  scheme: fc.constantFrom('uri' as const, 'ip' as const, 'rootDomain' as const),
  regex: fc.constantFrom('^sip:(.*)@A\\.example$', '^192\\.0\\.', '^2001:db8:', '\\.EXAMPLE$', 'e'),
});

type Drop<T> = T extends unknown ? { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } : never;
const defined = <T extends object>(fields: T): Drop<T> & T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Drop<T> & T;

/** Registries in which look-ups find something, and come upon every rule. */
export const arbitraryRegistry: fc.Arbitrary<ModelRegistry> = fc
  .record({
    destGrps: fc.array(org, { maxLength: 3 }).map((more) => [0, 1, 2, ...more]),
    records: fc.array(fc.tuple(org, record, fc.oneof(fc.constant(true), fc.boolean())), { minLength: 1, maxLength: 5 }),
  })
  .chain(({ destGrps, records }) => {
    const refs = fc.uniqueArray(fc.record({ record: fc.nat({ max: records.length - 1 }), priority }), {
      selector: (ref) => ref.record,
      maxLength: 3,
    });
    const destGrpsOf = (rant: number) =>
      someOf(
        indexes(destGrps.length).filter((index) => destGrps[index] === rant),
        3,
      );
    const group = org.chain((rant) =>
      fc.record({
        rant: fc.constant(rant),
        isInSvc: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
        priority,
        destGrps: destGrpsOf(rant),
        refs: refs.filter(({ length }) => length > 0),
        sources: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.array(source, { maxLength: 3 })),
        offers: fc.uniqueArray(
          fc.record({
            to: org.filter((to) => to !== rant),
            status: fc.constantFrom('offered' as const, ...Array.from({ length: 4 }, () => 'accepted' as const)),
          }),
          { selector: ({ to }) => to, minLength: 1, maxLength: 2 },
        ),
      }),
    );
    const owned = org.chain((rant) =>
      fc.tuple(identifier, destGrpsOf(rant), refs).map(([fields, groups, own]) => ({
        rant,
        ...fields,
        destGrps: groups,
        refs: fields.kind === 'TN' ? own : [],
      })),
    );
    return fc.record({
      destGrps: fc.constant(destGrps),
      records: fc.constant(records),
      groups: fc.array(group, { minLength: 2, maxLength: 6 }),
      identifiers: fc.uniqueArray(owned, {
        selector: ({ rant, kind, value }) => `${rant} ${kind} ${value}`,
        minLength: 1,
        maxLength: 8,
      }),
    });
  })
  .chain(({ destGrps, records, groups, identifiers }) =>
    fc
      .array(
        fc
          .record({
            rant: org,
            pref: priority,
            ere: fc.constantFrom('^(.*@)(.*)$', '^(.*)$', '^(.*)$', 'sbe', '^tel:'),
            repl: fc.constantFrom('\\1\\2?route=a', 'x\\1', '\\\\\\!\\2', 'gw'),
            svcs: fc.option(svcs, { nil: undefined, freq: 2 }),
            groups: someOf(indexes(groups.length), groups.length),
          })
          .filter(({ ere, repl }) => fits(ere, repl)),
        { minLength: 2, maxLength: 4 },
      )
      .map((routes) => ({
        orgs,
        destGrps: destGrps.map((rant, index) => ({ rant, name: `DG_${index}` })),
        records: records.map(([rant, fields, isInSvc], index) =>
          defined({ rant, name: `REC_${index}`, isInSvc, ...fields }),
        ) as ModelRegistry['records'],
        groups: groups.map((group, index) => ({ ...group, name: `SG_${index}` })),
        identifiers,
        routes: routes.map((route, index) =>
          defined({ ...route, name: name('RTE')(route, index) }),
        ) as ModelRegistry['routes'],
      })),
  );

/** Questions that such a registry may have an answer to. */
export const questionOf = ({ identifiers }: ModelRegistry): fc.Arbitrary<Question> =>
  fc.record({
    identifier: fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.constantFrom(...identifiers), fc.constantFrom('', '+'), fc.constantFrom('', '', '5', '09'))
          .map(([{ kind, value }, plus, more]) => {
            if (kind === 'URI') return value;
            const number = value.split('-')[0] ?? '';
            return kind === 'RN' ? `rn=${plus}${number}` : plus + number + more;
          }),
      },
      digits,
      digits.map((value) => `rn=${value}`),
      uri.map((value) => `uri=${value}`),
    ),
    asker: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...orgs) }, fc.constant('iana-en:99')),
    sourceUri: optional(fc.constantFrom('sip:bob@a.example', 'SIP:BOB@A.EXAMPLE', '')),
    sourceIp: optional(fc.constantFrom('192.0.2.1', '::FFFF:192.0.2.1', '2001:db8::1', '2001:DB8:0:0::1', '')),
    rootDomain: optional(fc.constantFrom('e164.example', 'E164.EXAMPLE', 'arpa')),
  });
