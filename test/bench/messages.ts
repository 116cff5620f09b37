/** Requests as a carrier's toolkit writes them, on one line, with two prefixes. */

export const RANT = 'iana-en:222';
export const RAR = 'iana-en:223';
/** The registrant that offers go to; the registrar may act for it, too. */
export const PEER = 'iana-en:225';
/** A registrar of its own, for measures of what one registrar feels of another. */
export const NEIGHBOUR = 'iana-en:226';

const OPEN =
  '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" ' +
  'xmlns:s="urn:ietf:params:xml:ns:sppf:soap:1" xmlns:b="urn:ietf:params:xml:ns:sppf:base:1" ' +
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>';
const CLOSE = '</e:Body></e:Envelope>';

export type Operation = 'Add' | 'Del' | 'Get' | 'Batch';

export function request(operation: Operation, items: readonly string[]): Buffer {
  const wrapper = `s:sppp${operation}Request`;
  return Buffer.from(`${OPEN}<${wrapper}>${items.join('')}</${wrapper}>${CLOSE}`);
}

/** The same message from the neighbour, for itself. */
export function ofNeighbour(message: Buffer): Buffer {
  return Buffer.from(message.toString().replaceAll(RANT, NEIGHBOUR).replaceAll(RAR, NEIGHBOUR));
}

/** The same, made while it is sent. */
export async function* streamedRequest(operation: Operation, items: Iterable<string>): AsyncGenerator<Buffer> {
  const wrapper = `s:sppp${operation}Request`;
  let text = `${OPEN}<${wrapper}>`;
  for (const item of items) {
    text += item;
    if (text.length < 65_536) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(`${text}</${wrapper}>${CLOSE}`);
}

export function obj(type: string, content: string, element = 'obj'): string {
  return `<${element} xsi:type="b:${type}"><b:rant>${RANT}</b:rant><b:rar>${RAR}</b:rar>${content}</${element}>`;
}

export function tn(number: string, group: string | readonly string[], element = 'obj'): string {
  return obj('TNType', `${[group].flat().map(dgName).join('')}<b:tn>${number}</b:tn>`, element);
}

export function tnKey(number: string, element = 'objKey'): string {
  return `<${element} xsi:type="s:PubIdKeyType"><rant>${RANT}</rant><number><b:value>${number}</b:value><b:type>TN</b:type></number></${element}>`;
}

export function destGrp(name: string): string {
  return obj('DestGrpType', dgName(name), 'addObj');
}

export function sedRec(name: string): string {
  const naptr =
    '<b:order>10</b:order><b:flags>u</b:flags><b:svcs>E2U+sip</b:svcs>' +
    '<b:regx><b:ere>^(.*)$</b:ere><b:repl>sip:\\1@sbc.example.com;user=phone</b:repl></b:regx>';
  const content = `<b:sedName>${name}</b:sedName><b:sedFunction>routing</b:sedFunction><b:isInSvc>true</b:isInSvc>${naptr}`;
  return obj('NAPTRType', content, 'addObj');
}

export function sedGrp(
  name: string,
  records: readonly string[],
  groups: readonly string[],
  criteria: readonly string[] = [],
): string {
  const references = records.map(
    (record) =>
      `<b:sedRecRef><b:sedKey xsi:type="s:ObjKeyType"><rant>${RANT}</rant><name>${record}</name><type>SedRec</type></b:sedKey><b:priority>100</b:priority></b:sedRecRef>`,
  );
  const sources = criteria.map(
    (regex) =>
      `<b:sourceIdent><b:sourceIdentRegex>${regex}</b:sourceIdentRegex><b:sourceIdentScheme>uri</b:sourceIdentScheme></b:sourceIdent>`,
  );
  const lists = [...references, ...groups.map(dgName), ...sources].join('');
  const content = `<b:sedGrpName>${name}</b:sedGrpName>${lists}<b:isInSvc>true</b:isInSvc><b:priority>10</b:priority>`;
  return obj('SedGrpType', content, 'addObj');
}

function dgName(name: string): string {
  return `<b:dgName>${name}</b:dgName>`;
}

export function offer(sedGroup: string): string {
  const key = `<b:sedGrpOfferKey xsi:type="s:SedGrpOfferKeyType">${offerKey(sedGroup)}</b:sedGrpOfferKey>`;
  const content = `${key}<b:status>offered</b:status><b:offerDateTime>2026-11-21T00:00:00Z</b:offerDateTime>`;
  return obj('SedGrpOfferType', content, 'addObj');
}

export function acceptance(sedGroup: string): string {
  return `<acceptSedGrpOffer>${offerKey(sedGroup)}</acceptSedGrpOffer>`;
}

function offerKey(sedGroup: string): string {
  const key = `<rant>${RANT}</rant><name>${sedGroup}</name><type>SedGrp</type>`;
  return `<sedGrpKey>${key}</sedGrpKey><offeredTo>${PEER}</offeredTo>`;
}
