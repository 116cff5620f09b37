import { describe, expect, it } from 'vitest';
import type { Caller } from './caller.js';
import { mayAct, mayAdd } from './may.js';

const caller: Caller = {
  credentialId: 1,
  registrarId: 3,
  registrar: 'iana-en:223',
  grants: new Map([['iana-en:222', 2]]),
};
const refused = (attrName: string, attrVal: string) =>
  expect.objectContaining({ code: 2103, attr: { attrName, attrVal } });

describe('mayAdd', () => {
  it('lets a registrar add under its own id for a registrant that it has a grant for', () => {
    expect(mayAdd(caller, { rant: 'iana-en:222', rar: 'iana-en:223' })).toBeUndefined();
  });

  it.each([
    ['another registrar', 'iana-en:222', 'iana-en:225', 'rar', 'iana-en:225'],
    ['the registrant as registrar', 'iana-en:222', 'iana-en:222', 'rar', 'iana-en:222'],
    ['its own id in another case', 'iana-en:222', 'IANA-EN:223', 'rar', 'IANA-EN:223'],
    ['a registrant without a grant', 'iana-en:111', 'iana-en:223', 'rant', 'iana-en:111'],
    ['itself as registrant, without a grant', 'iana-en:223', 'iana-en:223', 'rant', 'iana-en:223'],
    ['both wrong: the registrar comes first', 'iana-en:111', 'iana-en:225', 'rar', 'iana-en:225'],
  ])('refuses %s', (_what, rant, rar, attrName, attrVal) => {
    expect(mayAdd(caller, { rant, rar })).toEqual(refused(attrName, attrVal));
  });
});

describe('mayAct', () => {
  it('needs a grant for exactly this registrant', () => {
    expect(mayAct(caller, 'iana-en:222')).toBeUndefined();
    for (const rant of ['iana-en:22', 'iana-en:2222', 'IANA-EN:222', 'iana-en:223', '__proto__', '']) {
      expect(mayAct(caller, rant)).toEqual(refused('rant', rant));
    }
  });

  it('says the same of an organization that is somebody else’s and of one that nobody knows', () => {
    const [known, unknown] = [mayAct(caller, 'iana-en:111'), mayAct(caller, 'iana-en:99999')];
    expect(known?.reason).toBe(unknown?.reason);
  });
});
