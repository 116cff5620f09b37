import { readAuthority } from '../../src/cli/authority-csv.js';
import { loadAuthority } from '../../src/registry/cor/authority.js';
import { settlePending } from '../../src/registry/cor/pending.js';
import { settleAllClaims } from '../../src/registry/cor/settlement.js';
import { b, range, rangeKey } from './carrier.js';
import { numberKey, obj } from './message.js';
import type { TestServer } from './server.js';

/** Claims to be carrier of record in a few letters: `TN 1202`, `RN 1202`, `prefix 12`, `range 12-13`. */

/** For tests that do not concern wide claims: a first claim may take any amount of numbers. */
export const anyWidth = { SPPP_COR_FIRST_CLAIM_NUMBERS: String(10 ** 15) };

export const of111 = { rant: 'iana-en:111', rar: 'iana-en:111' };
export const of225 = { rant: 'iana-en:225', rar: 'iana-en:225' };
export const claim = b('corInfo', b('corClaim', true));

function identifier(what: string): { type: string; content: string; key: (rant: string) => string } {
  const [kind = '', value = ''] = what.split(' ');
  const [start = '', end = ''] = value.split('-');
  switch (kind) {
    case 'range':
      return { type: 'TNRType', content: range(start, end), key: (rant) => rangeKey(start, end, rant) };
    case 'prefix':
      return { type: 'TNPType', content: b('tnPrefix', value), key: (rant) => numberKey('TNPrefix', value, rant) };
    case 'RN':
      return { type: 'RNType', content: b('rn', value), key: (rant) => numberKey('RN', value, rant) };
    default:
      return { type: 'TNType', content: b('tn', value), key: (rant) => numberKey('TN', value, rant) };
  }
}

export const claimed = (what: string, owner = {}) =>
  obj(identifier(what).type, identifier(what).content + claim, owner);
export const unclaimed = (what: string, owner = {}) => obj(identifier(what).type, identifier(what).content, owner);
export const keyOf = (what: string, rant = 'iana-en:222') => identifier(what).key(rant);

/** Loads lines of `number,carrier` and settles all claims by them. */
export async function load(
  { deps: { database, clock } }: TestServer,
  lines: readonly string[],
  { source = 'test', replace = false } = {},
) {
  async function* text() {
    yield Buffer.from('number,carrier,space\n');
    for (const line of lines) yield Buffer.from(`${line.split(',').length === 3 ? line : `${line},TN`}\n`);
  }
  const [file, at] = ['test.csv', clock()];
  const loaded = await loadAuthority(database.pool, readAuthority(text(), file), { file, source, replace, at });
  return { ...loaded, ...(await settleAllClaims(database.pool, clock())) };
}

export const settleWaiting = ({ deps: { database, clock, config } }: TestServer) =>
  settlePending(database.pool, clock(), config.cor.holdDays);

/** `state by decision, rival` of each claim to an identifier. */
export async function standing(server: TestServer, value: string): Promise<Record<string, string>> {
  const rows = await server.sql<{ registrant: string; state: string; rival: string | null; decided_by: string | null }>(
    'SELECT registrant, state, rival, decided_by FROM sppp_api.cor_claim WHERE value = $1',
    [value],
  );
  return Object.fromEntries(
    rows.map(({ registrant, state, rival, decided_by }) => [
      registrant,
      [state, decided_by === null ? '' : `by ${decided_by}`, rival === null ? '' : `rival ${rival}`]
        .filter((word) => word !== '')
        .join(' '),
    ]),
  );
}
