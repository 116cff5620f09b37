import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objOf } from '../../test/support/arbitrary.js';
import type { Obj } from '../model/obj.js';
import { allForms } from './columns.js';
import type { FormLine, FormOptions } from './form-line.js';
import { formBatches } from './read-form.js';
import { formHeader, formJson, formLine } from './write-form.js';

async function* piecesOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function linesIn(text: string | Buffer, options: FormOptions = {}, size = 7): Promise<FormLine[]> {
  const all: FormLine[] = [];
  for await (const lines of formBatches(piecesOf(Buffer.from(text), size), 'x.csv', options)) all.push(...lines);
  return all;
}

/** An object as a client can send it: without what the registry sets. */
function asSent(obj: Obj): Obj {
  const { cDate: _c, mDate: _m, ...rest } = obj;
  const own = rest as Obj;
  switch (own.kind) {
    case 'SedGrpType':
      return { ...own, peeringOrg: [] };
    case 'SedGrpOfferType': {
      const { acceptDateTime: _a, ...offer } = own;
      const sedGrpKey = { ...own.sedGrpOfferKey.sedGrpKey, rant: own.rant };
      const sedGrpOfferKey = { ...own.sedGrpOfferKey, sedGrpKey };
      return { ...offer, status: 'offered', offerDateTime: '1970-01-01T00:00:00Z', sedGrpOfferKey };
    }
    case 'TNType':
    case 'TNRType':
    case 'TNPType':
    case 'RNType':
      return own.corInfo === undefined ? own : { ...own, corInfo: { corClaim: own.corInfo.corClaim } };
    default:
      return own;
  }
}

describe.each(allForms.map((form) => [form.kind, form] as const))('objects of the kind %s', (kind, { struct }) => {
  it('written as CSV and read again are the same, but for what the registry sets', async () => {
    await fc.assert(
      fc.asyncProperty(objOf(struct), async (obj) => {
        const [read] = await linesIn(`${formHeader(kind)}\n${formLine(obj)}\n`, {}, 4096);
        expect(read).toEqual({ line: 2, item: { verb: 'add', subject: asSent(obj) } });
      }),
    );
  });

  it('written as NDJSON and read again are the same, but for what the registry sets', async () => {
    await fc.assert(
      fc.asyncProperty(objOf(struct), async (obj) => {
        const [read] = await linesIn(`${formJson(obj)}\n`, {}, 4096);
        const sent = asSent(obj);
        if (obj.kind === 'SedGrpOfferType') Object.assign(sent, { sedGrpOfferKey: obj.sedGrpOfferKey });
        expect(read).toMatchObject({ line: 1, item: { verb: 'add' } });
        expect(read && 'item' in read ? { ...read.item.subject } : {}).toEqual(
          obj.kind === 'SedGrpOfferType' ? { ...sent, status: 'offered', offerDateTime: '1970-01-01T00:00:00Z' } : sent,
        );
      }),
    );
  });
});
