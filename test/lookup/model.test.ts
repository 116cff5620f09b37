/** resolve() against a naive model, and explain() against both, on random registries and questions. */

import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { explain, resolve, type Sed } from '../../src/registry/resolve/resolve.js';
import { answerAll } from '../../src/registry/resolve/route-answers.js';
import { arbitraryRegistry, indexes, orgs, questionOf } from '../support/random-registry.js';
import { type ModelSed, modelHolders, modelResolve, writeRegistry } from '../support/resolve-model.js';
import { createSqlRegistry, type SqlRegistry } from '../support/sql-registry.js';
import '../support/long-timeouts.js';
import { factor, runs } from '../support/runs.js';

let registry: SqlRegistry;
let session: pg.Client;

beforeAll(async () => {
  registry = await createSqlRegistry();
  session = await registry.session();
});
afterAll(() => registry.drop());

const compared = (sed: Sed): ModelSed => ({
  registrant: sed.registrant,
  matched: `${sed.matchedKind} ${sed.matchedIdentifier}`,
  destinationGroup: sed.destinationGroup,
  sedGroup: sed.sedGroup,
  sedRecord: sed.sedRecord,
  egressRoute: sed.egressRoute,
  template: sed.regxRepl ?? sed.uri ?? sed.repl ?? sed.hostName ?? '',
  finalUri: sed.finalUri,
});

it('the SQL of a look-up answers as the rules say, and its explanation agrees', {
  timeout: 900_000 * factor,
}, async () => {
  let answered = 0;
  let rewritten = 0;
  const questions = arbitraryRegistry.chain((each) =>
    fc.tuple(fc.constant(each), fc.array(questionOf(each), { minLength: 4, maxLength: 8 })),
  );
  await fc.assert(
    fc.asyncProperty(questions, async ([model, asked]) => {
      await session.query('BEGIN');
      try {
        await writeRegistry(session, model);
        for (const question of asked) {
          const seds = await resolve(session, question);
          expect(seds.map(compared)).toEqual(modelResolve(model, question));
          expect(seds.map(({ position }) => position)).toEqual(indexes(seds.length).map((index) => index + 1));
          answered += seds.length;
          rewritten += seds.filter(({ egressRoute }) => egressRoute !== null).length;

          const candidates = await explain(session, question);
          const kept = candidates.filter(({ verdict }) => verdict === 'kept');
          const both = (each: Pick<Sed, 'position'> | (typeof kept)[number]) => {
            const { position, registrant, matchedKind, matchedIdentifier, destinationGroup, sedGroup } = each as Sed;
            const { recordRegistrant, sedRecord, egressRoute, finalUri } = each as Sed;
            return [
              ...[position, registrant, matchedKind, matchedIdentifier, destinationGroup, sedGroup, recordRegistrant],
              ...[sedRecord, egressRoute, finalUri],
            ];
          };
          expect(kept.map(both)).toEqual(seds.map(both));
          expect(candidates).not.toEqual([]);
          for (const { verdict, position, reason, step } of candidates) {
            expect(reason).not.toBeNull();
            expect([verdict, position === null, step === 'answer']).toEqual(
              verdict === 'kept' ? ['kept', false, true] : ['dropped', true, false],
            );
          }
          if (!orgs.includes(question.asker)) continue;
          const holders = new Set(
            modelHolders(model, question).map(({ rant, kind, value }) => `${orgs[rant]} ${kind} ${value}`),
          );
          const explained = candidates.filter(({ matchedKind }) => matchedKind !== null);
          expect(
            new Set(explained.map((each) => `${each.registrant} ${each.matchedKind} ${each.matchedIdentifier}`)),
          ).toEqual(holders);
        }
      } finally {
        await session.query('ROLLBACK');
      }
    }),
    runs(200),
  );
  // The random registries give enough answers to compare.
  expect(answered).toBeGreaterThan(100);
  expect(rewritten).toBeGreaterThan(3);
});

it('identifiers with the same route key get the same answer, with their own final URI', {
  timeout: 900_000 * factor,
}, async () => {
  let alike = 0;
  const questions = arbitraryRegistry.chain((each) =>
    fc.tuple(fc.constant(each), fc.array(questionOf(each), { minLength: 30, maxLength: 40 })),
  );
  await fc.assert(
    fc.asyncProperty(questions, async ([model, asked]) => {
      await session.query('BEGIN');
      try {
        await writeRegistry(session, model);
        const found = await answerAll(session, asked);
        expect(found).toHaveLength(asked.length);
        const shared = new Map<string, (typeof found)[number]['answer']>();
        for (const [index, question] of asked.entries()) {
          const { routeKey, subject, answer } = found[index] as (typeof found)[number];
          const seds = await resolve(session, question);
          const expected = seds.map(({ matchedKind, matchedIdentifier, destinationGroup, ...sed }) => sed);
          const closed = answer.seds.map(({ uriAround, ...sed }) => ({
            ...sed,
            finalUri: uriAround?.join(subject) ?? null,
          }));
          expect(closed).toEqual(expected);
          if (routeKey === undefined || !answer.isForRouteKey) continue;
          const { asker, sourceUri, sourceIp, rootDomain } = question;
          const source = answer.isBySource ? [sourceUri, sourceIp, rootDomain] : [];
          const key = JSON.stringify([routeKey, asker, ...source]);
          const other = shared.get(key);
          if (other !== undefined) expect(answer).toEqual(other);
          if (other !== undefined && answer.seds.length > 0) alike++;
          shared.set(key, answer);
        }
      } finally {
        await session.query('ROLLBACK');
      }
    }),
    runs(250),
  );
  expect(alike).toBeGreaterThan(20);
});
