import { keyText } from '../../forms/key-text.js';
import type { Key } from '../../model/key.js';
import { pubIdKeyOf } from '../../model/key-of.js';
import type { Candidate, Question } from '../../registry/resolve/resolve.js';
import { envelopeClose, envelopeOpen } from '../../soap/write-xml.js';
import { encodeRequest } from '../../sppp/encode-request.js';
import { requests } from '../../sppp/grammar.js';
import { unsendable } from '../../sppp/unsendable.js';
import { found } from '../../values/found.js';
import { shellWord } from '../../values/shell-word.js';

/** Keys in a request to copy. */
const MAX_KEYS = 50;

/** Where numbers are found over DNS, if a look-up has no root domain (RFC 6116). */
const ENUM_ROOT = 'e164.arpa';

/** The same look-up elsewhere, to be copied: each by its name. What only its asker knows is in capitals. */
export function elsewhere(
  { identifier, asker, sourceUri, sourceIp, rootDomain }: Question,
  candidates: readonly Candidate[],
): readonly (readonly [name: string, text: string])[] {
  const sql = [identifier, asker, sourceUri, sourceIp, rootDomain].map((each) =>
    each === undefined ? 'NULL' : `'${each.replaceAll("'", "''")}'`,
  );
  const given = Object.entries({ asker, sourceUri, sourceIp, rootDomain }).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const url = `https://REGISTRY/lookup/${encodeURIComponent(identifier)}?${query}`;
  const keys = keysOf(candidates);
  const [, digits] = /^\+?(\d+)$/.exec(identifier) ?? [];
  return [
    ['SQL', ['resolve', 'explain'].map((name) => `SELECT * FROM sppp_api.${name}(${sql.join(', ')});`).join('\n')],
    ['curl', `curl --digest --user USER ${shellWord(url)}`],
    ['sppp lookup', `sppp lookup ${shellWord(identifier)} --asker ${shellWord(asker)}`],
    ...(digits === undefined ? [] : [['dig', digCommand(digits, rootDomain ?? ENUM_ROOT)] as const]),
    ...(keys.length === 0 ? [] : [['SOAP: what the answer is made of', getRequest(keys)] as const]),
  ];
}

/** A number as a name below a root, the last digit first (RFC 6116 §2.2). */
function digCommand(digits: string, root: string): string {
  const name = `${[...digits].reverse().join('.')}.${root}`;
  return `dig @ENUM_SERVER -y ALGORITHM:KEY:SECRET ${shellWord(name)} NAPTR`;
}

/** The objects that lead to an answer, each once. */
function keysOf(candidates: readonly Candidate[]): Key[] {
  const keys = new Map<string, Key>();
  for (const candidate of candidates) {
    const { verdict, registrant, matchedKind, matchedIdentifier } = candidate;
    if (verdict === 'dropped' || registrant === null || matchedKind === null || matchedIdentifier === null) continue;
    const named = [
      ['DestGrp', registrant, candidate.destinationGroup],
      ['SedGrp', registrant, candidate.sedGroup],
      ['SedRec', candidate.recordRegistrant, candidate.sedRecord],
    ] as const;
    const passed = named.flatMap(([type, rant, name]): Key[] =>
      rant === null || name === null ? [] : [{ kind: 'ObjKeyType', rant, name, type }],
    );
    for (const key of [pubIdKeyOf(registrant, matchedKind, matchedIdentifier), ...passed]) keys.set(keyText(key), key);
  }
  return [...keys.values()].slice(0, MAX_KEYS);
}

/** A request that gets objects (RFC 7878 §7.2.6). */
function getRequest(keys: readonly Key[]): string {
  const rule = found(
    requests.find(({ kind }) => kind === 'query'),
    'the operation to get',
  );
  const items = keys.map((subject) => ({ verb: 'get', subject }) as const);
  const sendable = items.filter((item) => unsendable(item) === undefined);
  const pieces = encodeRequest({ rule, offeredBy: [], offeredTo: [] }, sendable);
  return [envelopeOpen('1.1'), ...pieces, envelopeClose()].join('\n');
}
