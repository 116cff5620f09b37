import { XMLParser } from 'fast-xml-parser';

/** Requests as text, and answers as plain values, for tests. */

const envelopes = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
} as const;

/** A whole message around a wrapper: s is the soap namespace, b the base namespace. */
export function envelope(body: string, version: keyof typeof envelopes = '1.1'): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="${envelopes[version]}" ` +
    'xmlns:s="urn:ietf:params:xml:ns:sppf:soap:1" xmlns:b="urn:ietf:params:xml:ns:sppf:base:1" ' +
    `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>${body}</e:Body></e:Envelope>`
  );
}

export function addRequest(...objs: string[]): string {
  return envelope(`<s:spppAddRequest>${objs.join('')}</s:spppAddRequest>`);
}

export function delRequest(...keys: string[]): string {
  return envelope(`<s:spppDelRequest>${keys.join('')}</s:spppDelRequest>`);
}

export function getRequest(...keys: string[]): string {
  return envelope(`<s:spppGetRequest>${keys.join('')}</s:spppGetRequest>`);
}

export interface Owner {
  readonly rant?: string;
  readonly rar?: string;
}

/** An object, by default of SSP2; `content` follows rant and rar. */
export function obj(type: string, content: string, { rant = 'iana-en:222', rar = 'iana-en:223' }: Owner = {}): string {
  return `<obj xsi:type="b:${type}"><b:rant>${rant}</b:rant><b:rar>${rar}</b:rar>${content}</obj>`;
}

export function destGrp(dgName: string, owner?: Owner): string {
  return obj('DestGrpType', `<b:dgName>${dgName}</b:dgName>`, owner);
}

export function tn(number: string, dgNames: readonly string[] = [], owner?: Owner): string {
  return obj(
    'TNType',
    `${dgNames.map((name) => `<b:dgName>${name}</b:dgName>`).join('')}<b:tn>${number}</b:tn>`,
    owner,
  );
}

export function objKey(type: string, name: string, rant = 'iana-en:222'): string {
  return `<objKey xsi:type="s:ObjKeyType"><rant>${rant}</rant><name>${name}</name><type>${type}</type></objKey>`;
}

export function numberKey(type: string, value: string, rant = 'iana-en:222'): string {
  return `<objKey xsi:type="s:PubIdKeyType"><rant>${rant}</rant><number><b:value>${value}</b:value><b:type>${type}</b:type></number></objKey>`;
}

/** What a client makes of an answer: code, message and details, whatever the operation was. */
export interface ReadAnswer {
  readonly wrapper: string;
  readonly clientTransId?: string;
  readonly serverTransId?: string;
  readonly code: number;
  readonly msg: string;
  readonly details: readonly ReadDetail[];
  readonly resultObjs: readonly Element[];
}

export interface ReadDetail {
  readonly element: string;
  readonly code: number;
  readonly msg: string;
  /** The object or key that it is about, without what the server says of it. */
  readonly subject: Element;
  /** What the server says to programs, in the inherited ext of a failed object. */
  readonly failure?: Readonly<Record<string, string>>;
}

/** An element without its prefix: children in order, or text. */
export interface Element {
  readonly name: string;
  readonly type?: string;
  readonly text: string;
  readonly children: readonly Element[];
}

export function readAnswer(xml: string): ReadAnswer {
  const wrapper = at(at(parse(xml), 'Body'), undefined);
  const overall = at(wrapper, 'overallResult');
  const optional = (name: string) => {
    const found = wrapper.children.find((child) => child.name === name);
    return found === undefined ? {} : { [name]: found.text };
  };
  return {
    wrapper: wrapper.name,
    ...optional('clientTransId'),
    ...optional('serverTransId'),
    code: Number(at(overall, 'code').text),
    msg: at(overall, 'msg').text,
    details: wrapper.children
      .filter(({ name }) => name !== 'overallResult' && name.endsWith('Result'))
      .map((detail) => ({
        element: detail.name,
        code: Number(at(detail, 'code').text),
        msg: at(detail, 'msg').text,
        ...withoutFailure(detail.children[2] as Element),
      })),
    resultObjs: wrapper.children.filter(({ name }) => name === 'resultObj'),
  };
}

/** Separates the server's `failure` from the object: it is in the ext before the object's name. */
function withoutFailure(subject: Element): Pick<ReadDetail, 'subject' | 'failure'> {
  const ext = subject.children.find(({ name }) => !['rant', 'rar', 'cDate', 'mDate'].includes(name));
  const failure = ext?.name === 'ext' ? ext.children.at(-1) : undefined;
  if (ext === undefined || failure?.name !== 'failure') return { subject };
  const others = ext.children.slice(0, -1);
  const children = subject.children.flatMap((child) => {
    if (child !== ext) return [child];
    return others.length === 0 ? [] : [{ ...ext, children: others }];
  });
  return {
    subject: { ...subject, children },
    failure: Object.fromEntries(failure.children.map(({ name, text }) => [name, text])),
  };
}

/** The text of a descendant, by a path of local names. */
export function textAt(element: Element | undefined, ...path: string[]): string | undefined {
  const found = path.reduce<Element | undefined>((from, name) => from?.children.find((c) => c.name === name), element);
  return found?.text;
}

/** The SOAP fault of an answer: its code without prefix, and its reason. */
export function readFault(xml: string): { code: string; reason: string } {
  const fault = at(at(parse(xml), 'Body'), 'Fault');
  const [code, reason] = fault.children.map(allText);
  return { code: String(code).replace(/^\w+:/, ''), reason: String(reason) };
}

function allText(element: Element): string {
  return element.text + element.children.map(allText).join('');
}

function at(element: Element, name: string | undefined): Element {
  const found = element.children.find((child) => name === undefined || child.name === name);
  if (found === undefined) throw new Error(`no ${name} in ${element.name}`);
  return found;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  parseTagValue: false,
  removeNSPrefix: true,
  attributeNamePrefix: '',
  trimValues: false,
});

export function parse(xml: string): Element {
  const [root] = (parser.parse(xml) as Node[]).map(elementOf).filter(({ name }) => name === 'Envelope');
  if (root === undefined) throw new Error(`no envelope: ${xml.slice(0, 200)}`);
  return root;
}

type Node = Record<string, unknown>;

function elementOf(node: Node): Element {
  const name = Object.keys(node).find((key) => key !== ':@') ?? '';
  const attributes = (node[':@'] ?? {}) as Record<string, string>;
  const nodes = Array.isArray(node[name]) ? (node[name] as Node[]) : [];
  const texts = nodes.filter((child) => '#text' in child).map((child) => String(child['#text']));
  const type = attributes.type;
  return {
    name,
    ...(type === undefined ? {} : { type: type.replace(/^\w+:/, '') }),
    text: texts.join(''),
    children: nodes.filter((child) => !('#text' in child)).map(elementOf),
  };
}
