import { isIP, isIPv6 } from 'node:net';
import type { SharedSed } from '../registry/resolve/route-answers.js';
import { labelsOf, zoneName } from '../values/domain-name.js';
import { withoutTail } from '../values/text.js';

/** A DNS record. Names are absolute, without the dot at the end; `ttl` is undefined where the SED record has none. */
export type DnsRecord =
  | {
      readonly type: 'NAPTR';
      readonly ttl: number | undefined;
      readonly order: number;
      readonly preference: number;
      readonly flags: string;
      readonly services: string;
      readonly regexp: string;
      readonly replacement: string;
    }
  | {
      readonly type: 'NS';
      readonly ttl: number | undefined;
      readonly hostName: string;
      readonly addresses: readonly string[];
    };

/** Bytes of a character-string (RFC 1035 §3.3). */
const MAX_BYTES = 255;
/** Order of records that have none of their own (RFC 6116 §5.1). */
const DEFAULT_ORDER = 100;
const MAX_PREFERENCE = 65_535;

/**
 * SED records as DNS records, in the order of the answer. DNS sorts by ORDER, then PREFERENCE (RFC 3403 §4.1): the preference
 * is the position, and the order is the record's own but never below that of the record before it. Records that DNS cannot
 * hold are left out: the registry may have stored them before it refused such values.
 */
export function dnsRecordsOf(seds: readonly SharedSed[]): DnsRecord[] {
  let order = 0;
  return seds.flatMap((sed) => {
    const records = recordsOf(sed, Math.max(order, sed.naptrOrder ?? (order || DEFAULT_ORDER)));
    for (const record of records) if (record.type === 'NAPTR') order = record.order;
    return records;
  });
}

/** None, if DNS cannot hold the record. */
function recordsOf(sed: SharedSed, order: number): DnsRecord[] {
  switch (sed.kind) {
    case 'NS':
      return nsOf(sed);
    case 'NAPTR':
    case 'URI':
      return naptrOf(sed, order);
  }
}

function nsOf(sed: SharedSed): DnsRecord[] {
  const hostName = bare(sed.hostName ?? '');
  if (!isName(sed.hostName) || hostName === '') return [];
  const addresses = (sed.ipAddresses ?? []).filter((address) => isIP(address) !== 0);
  return [{ type: 'NS', ttl: sed.ttl ?? undefined, hostName, addresses }];
}

function naptrOf(sed: SharedSed, order: number): DnsRecord[] {
  const regexp = regexpOf(sed);
  const services = sed.svcs ?? servicesOf(sed.uri ?? '');
  if (regexp === undefined || !isCharacterString(services) || (regexp === '' && !isName(sed.repl))) return [];
  return [
    {
      type: 'NAPTR',
      ttl: sed.ttl ?? undefined,
      order,
      preference: Math.min(sed.position, MAX_PREFERENCE),
      flags: sed.flags ?? (regexp === '' ? '' : 'u'),
      services,
      regexp,
      replacement: regexp === '' ? bare(sed.repl ?? '') : '',
    },
  ];
}

/** The regexp field; empty where the record leads to another name; undefined where it is longer than DNS can hold. */
function regexpOf({ ere, regxRepl, uri }: SharedSed): string | undefined {
  if (ere === null) return '';
  const repl = regxRepl ?? uri ?? '';
  const delimiter = [...'!#%,;~'].find((each) => !ere.includes(each) && (each === '!' || !repl.includes(each)));
  // A backslash at the end would escape the delimiter.
  if (delimiter === undefined || (repl.length - withoutTail(repl, '\\').length) % 2 === 1) return undefined;
  // `\!` is an exclamation mark that is no delimiter (RFC 6116 §5.1).
  const escaped = delimiter === '!' ? repl.replace(/\\.|!/gs, (text) => (text === '!' ? '\\!' : text)) : repl;
  const text = delimiter + ere + delimiter + escaped + delimiter;
  return isCharacterString(text) ? text : undefined;
}

function isCharacterString(text: string): boolean {
  return Buffer.byteLength(text) <= MAX_BYTES;
}

function isName(name: string | null): boolean {
  return labelsOf(name ?? '') !== undefined;
}

/** The service of a URI record by its scheme, as such records name no service (RFC 7877 §6.4). */
function servicesOf(uri: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(uri)?.[0].toLowerCase() ?? '';
  const known = new Map([
    ['sip', 'sip'],
    ['sips', 'sip'],
    ['tel', 'pstn:tel'],
    ['mailto', 'email:mailto'],
    ['http', 'web:http'],
    ['https', 'web:https'],
  ]);
  return `E2U+${known.get(scheme) ?? 'x-uri'}`;
}

/** The name of a number below an apex (RFC 6116 §3.2); for any other identifier @, the apex itself. */
export function ownerOf(identifier: string): string {
  const [, digits] = /^(?:(?:tn|rn)=)?\+?([0-9]+)$/.exec(identifier) ?? [];
  return digits === undefined ? '@' : [...digits].reverse().join('.');
}

/** Lines of a zone file, relative to the apex of the reader's zone (RFC 1035 §5.1). */
export function zoneText(identifier: string, seds: readonly SharedSed[]): string {
  const owner = ownerOf(identifier);
  const lines = dnsRecordsOf(seds).flatMap((record) => {
    const start = (name: string) => `${name}${record.ttl === undefined ? '' : ` ${record.ttl}`} IN`;
    if (record.type === 'NS') {
      const host = absoluteName(record.hostName);
      return [
        `${start(owner)} NS ${host}`,
        ...record.addresses.map((address) => `${start(host)} ${isIPv6(address) ? 'AAAA' : 'A'} ${address}`),
      ];
    }
    const { order, preference, flags, services, regexp, replacement } = record;
    const texts = [flags, services, regexp].map(quoted).join(' ');
    return [`${start(owner)} NAPTR ${order} ${preference} ${texts} ${absoluteName(replacement)}`];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** An absolute name in a zone file. */
function absoluteName(name: string): string {
  return zoneName(labelsOf(name) ?? []);
}

/** A character-string: quotes and backslashes are escaped, bytes that are no printable ASCII are decimal (RFC 1035 §5.1). */
function quoted(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
  });
  return `"${bytes.join('')}"`;
}

function bare(name: string): string {
  return name.replace(/\.$/, '');
}
