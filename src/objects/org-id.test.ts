import { describe, expect, it } from 'vitest';
import { checkOrgId } from './org-id.js';

describe('checkOrgId', () => {
  it.each(['iana-en:32473', 'a:b', 'X-9-:1', 'iana-en:a:b', 'iana-en:Müller & Co', `a:${'1'.repeat(253)}`])(
    'takes %s',
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

  it('does not take more than 255 characters', () => {
    expect(checkOrgId(`a:${'1'.repeat(254)}`)).toEqual({ error: 'more than 255 characters' });
  });
});
