import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meaningOf, requestOf } from '../../test/support/arbitrary.js';
import { decode } from '../../test/support/decoding.js';
import { runs } from '../../test/support/runs.js';
import { validateMessage } from '../../test/support/schema.js';
import '../../test/support/patient.js';
import { envelopeClose, envelopeOpen } from '../soap/write-xml.js';
import { encodeRequest, type SentItem } from './encode-request.js';
import { type RequestRule, requests } from './grammar.js';
import type { Head } from './message.js';
import { unsendable } from './unsendable.js';

function written(head: Head, items: readonly SentItem[]): string {
  return envelopeOpen('1.1') + [...encodeRequest(head, items)].join('') + envelopeClose();
}

describe('a request', () => {
  it.each(requests.map((rule) => [rule.operation, rule] as const))(
    '%s is valid, and read as what it was',
    (_, rule) => {
      fc.assert(
        fc.property(requestOf(rule), (draft) => {
          const head = { rule, offeredBy: [], offeredTo: [], ...draft.head } as Head;
          const items = draft.items.map(({ verb, subject }) => ({ verb, subject }) as unknown as SentItem);
          expect(items.map((item) => unsendable(item))).toEqual(items.map(() => undefined));
          const xml = written(head, items);
          expect(validateMessage(xml)).toEqual([]);
          const read = decode(xml);
          expect({ fault: read.fault, refused: read.refused }).toEqual({});
          expect(read.head).toEqual(head);
          expect(read.items.map(({ verb, subject }) => ({ verb, subject: meaningOf(subject) }))).toEqual(
            items.map(({ verb, subject }) => ({ verb, subject: meaningOf(subject) })),
          );
        }),
        runs(60),
      );
    },
  );

  it('refuses a verb that the operation does not have', () => {
    const rule = requests.find(({ operation }) => operation === 'submitDelRqst') as RequestRule;
    const item = { verb: 'add', subject: {} } as unknown as SentItem;
    expect(() => [...encodeRequest({ rule, offeredBy: [], offeredTo: [] }, [item])]).toThrow('add in submitDelRqst');
  });
});
