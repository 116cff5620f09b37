import { describe, expect, it } from 'vitest';
import { readSvcs } from './svcs.js';

describe('readSvcs', () => {
  it.each([
    ['E2U+sip', [{ type: 'sip', subtypes: [] }]],
    ['e2u+SIP', [{ type: 'sip', subtypes: [] }]],
    [
      'E2U+pstn:sip+sip',
      [
        { type: 'pstn', subtypes: ['sip'] },
        { type: 'sip', subtypes: [] },
      ],
    ],
    ['E2U+a:b:c', [{ type: 'a', subtypes: ['b', 'c'] }]],
    ['E2U+P-acme', [{ type: 'p-acme', subtypes: [] }]],
    ['E2U+X-foo:bar', [{ type: 'x-foo', subtypes: ['bar'] }]],
    [`E2U+${'a'.repeat(32)}:${'b'.repeat(32)}`, [{ type: 'a'.repeat(32), subtypes: ['b'.repeat(32)] }]],
  ])('reads %s', (svcs, services) => {
    expect(readSvcs(svcs)).toEqual(services);
  });

  it.each([
    '',
    'E2U',
    'E2U+',
    'E2U+sip+',
    'E2U++sip',
    'E2U+sip:',
    'E2U+:sip',
    'E2U+sip,mailto',
    'E2U+s p',
    'E2U sip',
    'E2Usip',
    'sip',
    ' E2U+sip',
    'E2U+sip\n',
    'E2U+ſip',
    `E2U+${'a'.repeat(33)}`,
    `E2U+a:${'b'.repeat(33)}`,
  ])('reads no services in %j', (svcs) => {
    expect(readSvcs(svcs)).toEqual({ error: 'not an ENUM services field such as E2U+pstn:tel+sip' });
  });

  it('accepts at most 255 octets', () => {
    const longest = `E2U${'+sip'.repeat(63)}`;
    expect(longest).toHaveLength(255);
    expect(readSvcs(longest)).toHaveLength(63);
    expect(readSvcs(`${longest}s`)).toEqual({ error: 'more than 255 octets' });
    expect(readSvcs(`E2U${'+sip'.repeat(300_000)}`)).toEqual({ error: 'more than 255 octets' });
  });

  it.each(['sip+E2U', 'sip+e2u', 'pstn:tel+sip+E2U'])('recognizes the obsolete order of %s', (svcs) => {
    expect(readSvcs(svcs)).toEqual({ error: 'the obsolete order of RFC 2916; E2U comes first' });
  });

  it('accepts e2u as a type', () => {
    expect(readSvcs('E2U+E2U')).toEqual([{ type: 'e2u', subtypes: [] }]);
  });
});
