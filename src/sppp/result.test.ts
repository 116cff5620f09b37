import { describe, expect, it } from 'vitest';
import {
  about,
  type Code,
  commandInvalid,
  doesNotExist,
  message,
  notAllowed,
  type Result,
  succeeded,
  syntaxInvalid,
  tooLarge,
  valueInvalid,
} from './result.js';

function lengthOf(text: string): number {
  return [...text].length;
}

describe('the text of a code is that of RFC 7878 §7.3', () => {
  it.each<[Code, string]>([
    [1000, 'Request succeeded'],
    [2000, 'Request syntax invalid'],
    [2002, 'Version not supported'],
    [2100, 'Command invalid'],
    [2300, 'System temporarily unavailable'],
    [2301, 'Unexpected internal system or server error'],
  ])('%i', (code, text) => {
    expect(message({ code })).toBe(text);
  });

  it('2001 with how many objects one request may have', () => {
    expect(message(tooLarge(10_000))).toBe('Request too large MaxSupported:10000');
  });

  it.each<[Result, string]>([
    [
      valueInvalid({ attrName: 'dgName', attrVal: 'ab', reason: '2 characters, not 3 to 80' }),
      'Attribute value invalid AttrName:dgName AttrVal:ab (2 characters, not 3 to 80)',
    ],
    [doesNotExist('dgName', 'DEST_GRP'), 'Object does not exist AttrName:dgName AttrVal:DEST_GRP'],
    [
      notAllowed('rant', 'iana-en:222'),
      'Object status or ownership does not allow for operation AttrName:rant AttrVal:iana-en:222',
    ],
    [
      notAllowed('offeredTo', 'iana-en:222', 'no offer to oneself'),
      'Object status or ownership does not allow for operation AttrName:offeredTo AttrVal:iana-en:222 (no offer to oneself)',
    ],
  ])('%j with the element and its value', (result, text) => {
    expect(message(result)).toBe(text);
  });

  it('is followed by the reason, if there is one', () => {
    expect(message(syntaxInvalid('obj lacks rant, line 3'))).toBe('Request syntax invalid (obj lacks rant, line 3)');
    expect(message(commandInvalid('the action says otherwise'))).toBe('Command invalid (the action says otherwise)');
    expect(message(commandInvalid())).toBe('Command invalid');
    expect(message(succeeded)).toBe('Request succeeded');
  });

  it('gives way to the text of the mode', () => {
    const text = 'Command invalid (partial success, 9990 of 10000 applied)';
    expect(message({ code: 2100, text })).toBe(text);
  });
});

describe('the value in a message', () => {
  const messageFor = (attrVal: string) => message({ code: 2101, attr: { attrName: 'ere', attrVal } });

  it.each([
    ['a value with spaces', 'a b c', 'a b c'],
    ['no value', '', ''],
    ['nothing but white space', ' \t\r\n', ''],
    ['line breaks and tabs, as the type of the message is a token', 'a\n\t b\r\nc', 'a b c'],
    ['markup', '<a>&amp;', '<a>&amp;'],
    ['words that look like parameters', 'x AttrVal:y', 'x AttrVal:y'],
    ['white space that XML does not know', 'a\u00a0\u2028b', 'a\u00a0\u2028b'],
  ])('can be %s', (_, value, written) => {
    expect(messageFor(value)).toBe(`Attribute value invalid AttrName:ere AttrVal:${written}`.trimEnd());
  });

  it('stands before a reason even if it is empty', () => {
    expect(message(valueInvalid({ attrName: 'regx', attrVal: '', reason: 'a NAPTR has regx or repl' }))).toBe(
      'Attribute value invalid AttrName:regx AttrVal: (a NAPTR has regx or repl)',
    );
  });
});

describe('a message has at most 255 characters (MsgType, RFC 7878 §9)', () => {
  const before = 'Attribute value invalid AttrName:ere AttrVal:';
  const room = 255 - before.length;
  const messageFor = (attrVal: string, reason?: string) =>
    message({ code: 2101, attr: { attrName: 'ere', attrVal }, ...(reason === undefined ? {} : { reason }) });

  it('so a value that just fits is written whole, and one character more is cut with an ellipsis', () => {
    expect(messageFor('x'.repeat(room))).toBe(before + 'x'.repeat(room));
    expect(messageFor('x'.repeat(room + 1))).toBe(`${before}${'x'.repeat(room - 1)}…`);
  });

  it('counted as the schema counts: a character beyond the basic plane is one, and is never cut in two', () => {
    expect(messageFor('😀'.repeat(room))).toBe(before + '😀'.repeat(room));
    expect(messageFor('😀'.repeat(room + 1))).toBe(`${before}${'😀'.repeat(room - 1)}…`);
    expect(messageFor(`x${'😀'.repeat(room)}`)).toBe(`${before}x${'😀'.repeat(room - 2)}…`);
  });

  it('with a long reason beside a short value the reason is cut', () => {
    const cut = messageFor('(', `what is wrong ${'y'.repeat(300)}`);
    expect(lengthOf(cut)).toBe(255);
    expect(cut).toMatch(/^Attribute value invalid AttrName:ere AttrVal:\( \(what is wrong y+…$/);
  });

  it('with a long value beside a short reason the value is cut and the reason whole', () => {
    const cut = messageFor('x'.repeat(300), 'why');
    expect(lengthOf(cut)).toBe(255);
    expect(cut).toMatch(/^Attribute value invalid AttrName:ere AttrVal:x+… \(why\)$/);
  });

  it('with both too long they share the space, the value first', () => {
    const cut = messageFor('😀'.repeat(300), '🤔'.repeat(300));
    expect(lengthOf(cut)).toBe(255);
    const [, value = '', reason = ''] = /AttrVal:(😀+…) (\(🤔+…)$/u.exec(cut) ?? [];
    expect(lengthOf(value)).toBeGreaterThanOrEqual(room >> 1);
    expect(lengthOf(value) + lengthOf(reason) + 1).toBe(room);
  });

  it('and still has the index of its object: the reason is cut, then the value, the index never', () => {
    const said = (attrVal: string, reason?: string, index = 99_999) =>
      message(
        about(
          { code: 2101, attr: { attrName: 'ere', attrVal }, ...(reason === undefined ? {} : { reason }) },
          { index },
        ),
      );
    expect(said('x', 'why', 1)).toBe(`${before}x (why; object 2)`);
    expect(said('x', undefined, 1)).toBe(`${before}x (object 2)`);
    for (const value of ['x', 'x'.repeat(150), '😀'.repeat(300)]) {
      for (const reason of [undefined, 'why', 'y'.repeat(90), '🤔'.repeat(300)]) {
        const messageFor = said(value, reason);
        expect(lengthOf(messageFor)).toBeLessThanOrEqual(255);
        expect(messageFor).toMatch(/[(;] ?object 100000\)$/);
        if (lengthOf(value) > 255) expect(lengthOf(messageFor)).toBe(255);
      }
    }
  });

  it('with a long reason alone', () => {
    const cut = message(syntaxInvalid('z'.repeat(300)));
    expect(lengthOf(cut)).toBe(255);
    expect(cut).toMatch(/^Request syntax invalid \(z+…$/);
  });
});
