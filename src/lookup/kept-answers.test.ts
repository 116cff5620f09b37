import { expect, it } from 'vitest';
import type { Answer } from '../registry/answers.js';
import { KeptAnswers, type Ticket } from './kept-answers.js';

const question = { identifier: '+1', asker: 'iana-en:1' };
const answer = (records = 0, fields: Partial<Answer> = {}): Answer => ({
  seds: Array.from({ length: records }) as unknown as Answer['seds'],
  isForPlace: true,
  isBySource: false,
  ...fields,
});

/** With a snapshot confirmed, as the first statement of all does it. */
function begun(most = 1000): KeptAnswers {
  const kept = new KeptAnswers(most);
  kept.confirm(kept.ticket(), '10:10:', true);
  return kept;
}

function keep(kept: KeptAnswers, place: string, own: Answer, ticket: Ticket = kept.ticket()): void {
  kept.keep(ticket, place, question, own);
}

it('keeps nothing before it knows a snapshot to ask with', () => {
  const kept = new KeptAnswers(1000);
  keep(kept, 'a', answer());
  expect(kept.find(kept.ticket(), 'a', question)).toBeUndefined();
});

it('finds by place and asker', () => {
  const kept = begun();
  const own = answer(1);
  keep(kept, 'a', own);
  expect(kept.find(kept.ticket(), 'a', question)).toBe(own);
  expect(kept.find(kept.ticket(), 'a', { identifier: '+2', asker: 'iana-en:1' })).toBe(own);
  expect(kept.find(kept.ticket(), 'b', question)).toBeUndefined();
  expect(kept.find(kept.ticket(), 'a', { ...question, asker: 'iana-en:2' })).toBeUndefined();
});

it('asks with the latest snapshot, and forgets all when there is a change', () => {
  const kept = begun();
  keep(kept, 'a', answer());
  kept.confirm(kept.ticket(), '11:11:', false);
  expect(kept.ticket().since).toBe('11:11:');
  expect(kept.find(kept.ticket(), 'a', question)).toBeDefined();
  kept.confirm(kept.ticket(), '12:12:', true);
  expect(kept.ticket().since).toBe('12:12:');
  expect(kept.find(kept.ticket(), 'a', question)).toBeUndefined();
});

it('gives a statement nothing that was kept after it was sent: it may be newer than what the statement sees', () => {
  const kept = begun();
  const early = kept.ticket();
  keep(kept, 'a', answer());
  kept.confirm(early, '11:11:', false);
  expect(kept.find(early, 'a', question)).toBeUndefined();
  expect(kept.find(kept.ticket(), 'a', question)).toBeDefined();
});

it('keeps nothing that was asked for before a change, and gives nothing to who asked before it', () => {
  const kept = begun();
  const early = kept.ticket();
  kept.confirm(kept.ticket(), '11:11:', true);
  keep(kept, 'a', answer(), early);
  expect(kept.find(kept.ticket(), 'a', question)).toBeUndefined();
  keep(kept, 'a', answer());
  kept.confirm(early, '10:10:', false);
  expect(kept.ticket().since).toBe('11:11:');
  expect(kept.find(early, 'a', question)).toBeUndefined();
});

it('of several first statements the first that is answered begins', () => {
  const kept = new KeptAnswers(1000);
  const [first, second] = [kept.ticket(), kept.ticket()];
  kept.confirm(first, '11:11:', true);
  kept.confirm(second, '10:10:', true);
  expect(kept.ticket().since).toBe('11:11:');
});

it('keeps nothing where the database cannot tell, or is another one', () => {
  const kept = begun();
  keep(kept, 'a', answer());
  kept.confirm(kept.ticket(), undefined, false);
  expect(kept.ticket().since).toBeUndefined();
  expect(kept.find(kept.ticket(), 'a', question)).toBeUndefined();
  kept.confirm(kept.ticket(), '11:11:', false);
  keep(kept, 'a', answer());
  const sent = kept.ticket();
  kept.forget();
  kept.confirm(sent, '12:12:', false);
  expect(kept.ticket().since).toBeUndefined();
  expect(kept.find(sent, 'a', question)).toBeUndefined();
});

it('keeps what depends on the source by source, and what holds for one identifier not at all', () => {
  const kept = begun();
  const [one, other] = [answer(1, { isBySource: true }), answer(2, { isBySource: true })];
  const from = (sourceIp: string) => ({ ...question, sourceIp });
  kept.keep(kept.ticket(), 'a', from('192.0.2.1'), one);
  kept.keep(kept.ticket(), 'a', from('192.0.2.2'), other);
  expect(kept.find(kept.ticket(), 'a', from('192.0.2.1'))).toBe(one);
  expect(kept.find(kept.ticket(), 'a', from('192.0.2.2'))).toBe(other);
  expect(kept.find(kept.ticket(), 'a', question)).toBeUndefined();
  keep(kept, 'b', answer(1, { isForPlace: false }));
  expect(kept.find(kept.ticket(), 'b', question)).toBeUndefined();
});

it('keeps so many records and no more; what was kept first goes first', () => {
  const kept = begun(10);
  const has = (place: string) => kept.find(kept.ticket(), place, question) !== undefined;
  for (const place of ['a', 'b', 'c', 'c', 'c']) keep(kept, place, answer(2));
  expect(['a', 'b', 'c'].map(has)).toEqual([true, true, true]);
  keep(kept, 'd', answer());
  keep(kept, 'e', answer());
  expect(['a', 'b', 'c', 'd', 'e'].map(has)).toEqual([false, true, true, true, true]);
  keep(kept, 'f', answer(10));
  expect(['b', 'c', 'd', 'e', 'f'].some(has)).toBe(false);
});
