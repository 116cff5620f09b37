import { describe, expect, it } from 'vitest';
import { checkNewOrgId, checkOrgId } from './org-id.js';

describe('checkOrgId', () => {
  it.each(['iana-en:32473', 'a:b', 'X-9-:1', 'iana-en:a:b', 'iana-en:Müller & Co', `a:${'1'.repeat(253)}`])(
    'accepts %s',
    (id) => {
      expect(checkOrgId(id)).toBeUndefined();
    },
  );

  it.each([
    '',
    'iana-en',
    ':1',
    'iana-en:',
    '1a:1',
    '-a:1',
    'a_b:1',
    'é:1',
    ' a:1',
    'a :1',
    'a:1\u0000',
    'a:\u0085',
    'a:1\n',
  ])('does not take %j', (id) => {
    expect(checkOrgId(id)).toEqual({
      error: 'not namespace:value, the namespace a letter, then letters, digits, hyphens',
    });
  });

  it('refuses more than 255 characters', () => {
    expect(checkOrgId(`a:${'1'.repeat(254)}`)).toEqual({ error: 'more than 255 characters' });
  });
});

describe('checkNewOrgId', () => {
  it.each(['iana-en:32473', 'iana-en:é', 'iana-en:日本', 'x:a,"b"'])('accepts %s', (id) => {
    expect(checkNewOrgId(id)).toBeUndefined();
  });

  it.each([
    ['iana-en:x ', 'a blank'],
    ['iana-en: x', 'a blank'],
    ['iana-en:x\u00a0y', 'a blank'],
    ['iana-en:x\u3000', 'a blank'],
    ['iana-en:\u202e1', 'an invisible character, or one that changes the direction of text'],
    ['iana-en:1\u200b', 'an invisible character, or one that changes the direction of text'],
    ['iana-en:1\n', 'an invisible character, or one that changes the direction of text'],
    ['iana-en:\u3164', 'an invisible character, or one that changes the direction of text'],
    ['iana-en:\ufffd', 'a character that stands for none'],
    ['iana-en:\ue000', 'a character that stands for none'],
    ['iana-en:\u0378', 'a character that stands for none'],
    ['iana-en:e\u0301', 'not in Unicode’s composed form (NFC)'],
    ['32473', 'not namespace:value, the namespace a letter, then letters, digits, hyphens'],
  ])('does not take %j', (id, error) => {
    expect(checkNewOrgId(id)).toEqual({ error });
  });
});
