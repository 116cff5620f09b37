import { expect, it } from 'vitest';
import type { Answer, BlockPlace, Change } from '../registry/answers.js';
import { Kept, type Ticket } from './kept.js';

const question = { identifier: '+12025550100', asker: 'iana-en:1' };
const answer: Answer = { seds: [], isForPlace: true, isBySource: false };
const block = { lowest: '12025550000', highest: '12025550999' };
const places: readonly BlockPlace[] = [
  ['12025550100', 'a'],
  [null, ''],
];
const routes: Change = ['', ''];
const own: Change = ['12025550100', '12025550100'];
const elsewhere: Change = ['12025551100', '12025551100'];

/** With a snapshot confirmed, as the first statement of all does it. */
function begun(): Kept {
  const kept = new Kept({ answerBytes: 1_000_000, numberBytes: 1_000_000 });
  kept.confirm(kept.ticket(), { snapshot: '10:10:', changes: [] });
  return kept;
}

const confirm = (kept: Kept, ticket: Ticket, snapshot: string | undefined, ...changes: Change[]) =>
  kept.confirm(ticket, { snapshot, changes });
const keep = (kept: Kept, ticket: Ticket = kept.ticket()) => kept.keepAnswer(ticket, 'a', question, answer);
const hasAnswer = (kept: Kept, ticket: Ticket = kept.ticket()) => kept.findAnswer(ticket, 'a', question) !== undefined;
const keepBlock = (kept: Kept, ticket: Ticket = kept.ticket()) => kept.keepBlock(ticket, block, places);
const hasBlock = (kept: Kept, ticket: Ticket = kept.ticket()) => kept.findPlace(ticket, question) !== undefined;

it('keeps nothing before it knows a snapshot to ask with', () => {
  const kept = new Kept({ answerBytes: 1_000_000, numberBytes: 1_000_000 });
  keep(kept);
  keepBlock(kept);
  expect([hasAnswer(kept), hasBlock(kept)]).toEqual([false, false]);
});

it('asks with the latest snapshot; forgets answers when their routes change, and blocks when their numbers do', () => {
  const kept = begun();
  keep(kept);
  keepBlock(kept);
  confirm(kept, kept.ticket(), '11:11:');
  expect(kept.ticket().since).toBe('11:11:');
  confirm(kept, kept.ticket(), '12:12:', elsewhere);
  expect([hasAnswer(kept), hasBlock(kept)]).toEqual([true, true]);
  confirm(kept, kept.ticket(), '13:13:', routes);
  expect([hasAnswer(kept), hasBlock(kept)]).toEqual([false, true]);
  keep(kept);
  confirm(kept, kept.ticket(), '14:14:', elsewhere, own);
  expect([hasAnswer(kept), hasBlock(kept)]).toEqual([true, false]);
  expect(kept.ticket().since).toBe('14:14:');
});

it('gives a statement nothing that was kept after it was sent: it may be newer than what the statement sees', () => {
  const kept = begun();
  const early = kept.ticket();
  keep(kept);
  keepBlock(kept);
  confirm(kept, early, '11:11:');
  expect([hasAnswer(kept, early), hasBlock(kept, early)]).toEqual([false, false]);
  expect([hasAnswer(kept), hasBlock(kept)]).toEqual([true, true]);
});

it('keeps nothing that was asked for before a change, and gives nothing to who asked before it', () => {
  const kept = begun();
  keepBlock(kept);
  const early = kept.ticket();
  confirm(kept, kept.ticket(), '11:11:', routes);
  keep(kept, early);
  expect(hasAnswer(kept)).toBe(false);
  keep(kept);
  confirm(kept, early, '10:10:');
  expect(kept.ticket().since).toBe('11:11:');
  expect([hasAnswer(kept, early), hasBlock(kept, early)]).toEqual([false, false]);
});

it('keeps no block that was asked for before any change of numbers, wherever it was', () => {
  const kept = begun();
  const early = kept.ticket();
  confirm(kept, kept.ticket(), '11:11:', elsewhere);
  keepBlock(kept, early);
  expect(hasBlock(kept)).toBe(false);
  keep(kept, early); // an answer for a place is the same whatever is there
  expect(hasAnswer(kept)).toBe(true);
  keepBlock(kept);
  expect(hasBlock(kept)).toBe(true);
});

it('of several first statements the first that is answered begins', () => {
  const kept = new Kept({ answerBytes: 1_000_000, numberBytes: 1_000_000 });
  const [first, second] = [kept.ticket(), kept.ticket()];
  confirm(kept, first, '11:11:');
  confirm(kept, second, '10:10:');
  expect(kept.ticket().since).toBe('11:11:');
});

it('keeps nothing where the database cannot tell, or is another one', () => {
  const kept = begun();
  keep(kept);
  keepBlock(kept);
  confirm(kept, kept.ticket(), undefined);
  expect(kept.ticket().since).toBeUndefined();
  expect([hasAnswer(kept), hasBlock(kept)]).toEqual([false, false]);
  confirm(kept, kept.ticket(), '11:11:');
  keep(kept);
  const sent = kept.ticket();
  kept.forget();
  confirm(kept, sent, '12:12:');
  expect(kept.ticket().since).toBeUndefined();
  expect(hasAnswer(kept, sent)).toBe(false);
});

it('wants the block of a number that is asked for again, but not when it has it', () => {
  const kept = begun();
  expect(kept.count(question)).toBeUndefined();
  expect(kept.count({ ...question, identifier: '12025550999' })).toEqual(block);
  keepBlock(kept);
  expect(kept.count(question)).toBeUndefined();
});
