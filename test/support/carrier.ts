import { expect } from 'vitest';
import { addRequest, delRequest, type Element, getRequest, parse, type ReadAnswer, readAnswer } from './message.js';
import type { TestServer, UserName } from './server.js';

/** Requests of carriers as text, and their answers in a form that tests compare. */

/** One user of a server. */
export interface Carrier {
  add(...objs: string[]): Promise<ReadAnswer>;
  del(...keys: string[]): Promise<ReadAnswer>;
  get(...keys: string[]): Promise<ReadAnswer>;
  /** The only object that there must be for a key. */
  read(key: string): Promise<Element>;
}

export function carrier(server: TestServer, as: UserName = 'ssp2r'): Carrier {
  const ask = async (xml: string) => {
    const { status, text } = await server.post(xml, { as });
    expect(status, text).toBe(200);
    return readAnswer(text);
  };
  const get = (...keys: string[]) => ask(getRequest(...keys));
  return {
    add: (...objs) => ask(addRequest(...objs)),
    del: (...keys) => ask(delRequest(...keys)),
    get,
    read: async (key) => {
      const answer = await get(key);
      expectDone(answer);
      expect(answer.resultObjs).toHaveLength(1);
      return answer.resultObjs[0] as Element;
    },
  };
}

/** Succeeded, with nothing said of any object. */
export function expectDone({ code, msg, details }: ReadAnswer): void {
  expect({ code, msg, details }).toEqual({ code: 1000, msg: 'Request succeeded', details: [] });
}

const texts = {
  2101: 'Attribute value invalid',
  2102: 'Object does not exist',
  2103: 'Object status or ownership does not allow for operation',
} as const;

/** Refused for exactly one object, which names this element and this value (RFC 7878 §7.3). */
export function expectRefused(answer: ReadAnswer, code: keyof typeof texts, attrName: string, attrVal: string): void {
  expect({ code: answer.code, msg: answer.msg }, JSON.stringify(answer.details)).toEqual({
    code: 2100,
    msg: 'Command invalid',
  });
  expect(answer.details).toHaveLength(1);
  expectTold(answer.details[0], code, attrName, attrVal);
}

/** A result that names this element and this value; the reason in parentheses is for people. */
export function expectTold(
  told: { code: number; msg: string } | undefined,
  code: keyof typeof texts,
  attrName: string,
  attrVal: string,
): void {
  expect(told?.code, told?.msg).toBe(code);
  const expected = `${texts[code]} AttrName:${attrName} AttrVal:${attrVal}`;
  const { msg = '' } = told ?? {};
  expect(msg === expected || msg.startsWith(`${expected.trimEnd()} (`) ? expected : msg).toBe(expected);
}

/** An element by name, type and content, to be compared: the parts named are left out, at any depth. */
export function tree(element: Element, ...without: string[]): unknown {
  const children = element.children.filter(({ name }) => !without.includes(name));
  const name = element.type === undefined ? element.name : `${element.name} ${element.type}`;
  return { [name]: children.length > 0 ? children.map((child) => tree(child, ...without)) : element.text };
}

/** What is in an object, without the element around it, so that sent and returned ones compare. */
export function content({ type, children }: Element, ...without: string[]): unknown {
  return [type, ...children.filter(({ name }) => !without.includes(name)).map((child) => tree(child, ...without))];
}

/** An object as a reader of the request would see it. */
export function asSent(obj: string): Element {
  const found = parse(addRequest(obj)).children[0]?.children[0]?.children[0];
  if (found === undefined) throw new Error(`no object in ${obj}`);
  return found;
}

/** The texts of all children of that name. */
export function allTexts(element: Element, name: string): string[] {
  return element.children.filter((child) => child.name === name).map(({ text }) => text);
}

/** An element of the base namespace. */
export function b(name: string, inside: string | number | boolean): string {
  return `<b:${name}>${inside}</b:${name}>`;
}

/** A reference to an SED record. */
export function ref(name: string, priority: number, rant = 'iana-en:222', more = ''): string {
  const key = `<rant>${rant}</rant><name>${name}</name><type>SedRec</type>`;
  return b('sedRecRef', `<b:sedKey xsi:type="s:ObjKeyType">${key}</b:sedKey>${b('priority', priority)}${more}`);
}

/** The content of an SED record that answers with a URI. */
export function uriRec(name: string, uri = 'sip:gw@example.com'): string {
  return b('sedName', name) + b('isInSvc', true) + b('ere', '^(.*)$') + b('uri', uri);
}

/** The content of an SED group. */
export function sedGrp(name: string, references = '', priority = 10): string {
  return b('sedGrpName', name) + references + b('isInSvc', true) + b('priority', priority);
}

export function range(start: string, end: string): string {
  return b('range', b('startRange', start) + b('endRange', end));
}

export function rangeKey(start: string, end: string, rant = 'iana-en:222'): string {
  const ends = b('startRange', start) + b('endRange', end);
  return `<objKey xsi:type="s:PubIdKeyType"><rant>${rant}</rant><range>${ends}</range></objKey>`;
}

export function uriKey(uri: string, rant = 'iana-en:222'): string {
  return `<objKey xsi:type="s:PubIdKeyType"><rant>${rant}</rant><uri>${uri}</uri></objKey>`;
}

/** A clock that stands still until the test advances it, a minute at a time. */
export class TestClock {
  #now = new Date('2041-05-30T09:30:10Z');

  readonly read = (): Date => this.#now;

  /** The next minute, as an xs:dateTime. */
  tick(): string {
    this.#now = new Date(this.#now.getTime() + 60_000);
    return this.#now.toISOString().replace('.000Z', 'Z');
  }
}
