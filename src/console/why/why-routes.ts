import type { FastifyInstance } from 'fastify';
import { HttpRefusedError } from '../../http/http-refused.js';
import type { Question } from '../../registry/resolve/resolve.js';
import { formOf, sendPage, visitorOf } from '../exchange.js';
import { draw } from '../pictures/graphviz.js';
import { type Query, textIn } from '../query.js';
import { readSwitches, turnerOf } from './switches.js';
import { type TrialParts, tryTurned, turnedIn } from './trial.js';
import { trialPage } from './trial-page.js';
import { wayOf } from './way.js';
import { explainLookup, faultOfQuestion } from './why.js';
import { whyPage } from './why-page.js';

/** Look-ups explained, and what would change them. */
export function addWhy(scope: FastifyInstance, parts: TrialParts): void {
  const { pool } = parts;
  scope.get<{ Querystring: Query }>('/console/why', async (request, reply) => {
    const visitor = visitorOf(request);
    const question = questionIn(request.query);
    if (question.identifier === '' && question.asker === '') {
      return sendPage(request, reply, whyPage({ question, outcome: undefined, visitor }));
    }
    const fault = faultOfQuestion(question, visitor);
    if (fault !== undefined) return sendPage(request, reply, whyPage({ question, outcome: fault, visitor }));
    const explained = await explainLookup(pool, question, visitor);
    const { candidates, groups } = explained;
    const { sketch, drawn } = wayOf(question.identifier, candidates);
    const [drawing, switches] = await Promise.all([draw(sketch), readSwitches(pool, question, groups, visitor)]);
    return sendPage(
      request,
      reply,
      whyPage({ question, outcome: { ...explained, drawing, drawn, switches }, visitor }),
    );
  });
  scope.post<{ Querystring: Query }>('/console/why', async (request, reply) => {
    const visitor = visitorOf(request);
    const question = questionIn(request.query);
    const fault = faultOfQuestion(question, visitor);
    if (fault !== undefined) throw new HttpRefusedError(400, `${fault.field} “${fault.value}”: ${fault.rule}.`);
    const { groups } = await explainLookup(pool, question, visitor);
    const switches = await readSwitches(pool, question, groups, visitor);
    const caller = await turnerOf(pool, question, switches, visitor);
    const turned = caller === undefined ? [] : turnedIn(formOf(request), switches, caller);
    const tried =
      caller === undefined || turned.length === 0
        ? undefined
        : await tryTurned(request, { question, turned, caller }, visitor, parts);
    return sendPage(request, reply, trialPage({ question, turned, tried, visitor }));
  });
}

function questionIn(query: Query): Question {
  const optional = (['sourceUri', 'sourceIp', 'rootDomain'] as const).flatMap((name) => {
    const value = textIn(query, name);
    return value === '' ? [] : [[name, value] as const];
  });
  return {
    identifier: textIn(query, 'identifier'),
    asker: textIn(query, 'asker'),
    ...Object.fromEntries(optional),
  };
}
