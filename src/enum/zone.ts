import { isIPv6 } from 'node:net';
import { type DnsRecord, dnsRecordsOf } from '../lookup/naptr.js';
import type { SharedSed } from '../registry/resolve/route-answers.js';
import { labelsOf } from '../values/domain-name.js';
import type { Query } from './query.js';
import { Rcode, Type } from './rcode.js';
import type { Reply } from './reply.js';
import type { Apex, EnumSettings } from './settings.js';
import { addressOctets, characterString, HEADER_BYTES, nameOctets, pointerTo, record, u16, u32 } from './wire.js';

type Naptr = Extract<DnsRecord, { type: 'NAPTR' }>;
type NameServer = Extract<DnsRecord, { type: 'NS' }>;

/** Timers of the SOA record in seconds; without zone transfers, no secondary uses them. */
const timers = { refresh: 3600, retry: 600, expire: 86_400 } as const;

/** Records of the apexes themselves, and records of the registry as DNS records below them. */
export class Zone {
  readonly #settings: Pick<EnumSettings, 'ttl' | 'negativeTtl' | 'nameServers' | 'contact'>;
  readonly #serial: number;

  constructor(settings: Pick<EnumSettings, 'ttl' | 'negativeTtl' | 'nameServers' | 'contact'>, startedAt: Date) {
    this.#settings = settings;
    this.#serial = Math.floor(startedAt.getTime() / 1000) % 2 ** 32;
  }

  /** Records of the apex: SOA and NS only. */
  apex(query: Query, apex: Apex): Reply {
    const at = apexAt(query, apex);
    const soa = query.type === Type.SOA || query.type === Type.ANY ? [this.#soa(apex, at, this.#settings.ttl)] : [];
    const hasNs = query.type === Type.NS || query.type === Type.ANY;
    const ns = hasNs ? this.#settings.nameServers.map((name) => nsRecord(name, this.#settings.ttl, at)) : [];
    const answers = [...soa, ...ns];
    return answers.length === 0 ? this.nothing(query, apex, true) : positive(answers);
  }

  /** No record of that type (NODATA), or no such name, with the SOA record for negative caching (RFC 2308 §3). */
  nothing(query: Query, apex: Apex, exists: boolean): Reply {
    const authorities = [this.#soa(apex, apexAt(query, apex), this.#settings.negativeTtl)];
    const rcode = exists ? Rcode.NOERROR : Rcode.NXDOMAIN;
    return { rcode, isAuthoritative: true, answers: [], authorities, additionals: [] };
  }

  /**
   * The reply with the records of the registry; undefined if there are none. The first record decides: an NS record makes it
   * a referral with the addresses of the name servers, a NAPTR record an answer.
   */
  found(query: Query, apex: Apex, records: readonly DnsRecord[]): Reply | undefined {
    const [first] = records;
    if (first === undefined) return undefined;
    if (first.type === 'NS') {
      // Only DS records are the parent's (RFC 4035 §3.1.4.1).
      if (query.type === Type.DS) return this.nothing(query, apex, true);
      return referral(records.filter(isNameServer), this.#settings.ttl);
    }
    if (query.type !== Type.NAPTR && query.type !== Type.ANY) return this.nothing(query, apex, true);
    const naptrs = records.filter(isNaptr);
    const ttl = minTtl(naptrs, this.#settings.ttl);
    return positive(naptrs.map((naptr) => naptrRecord(naptr, ttl)));
  }

  #soa(apex: Apex, at: number, ttl: number): Buffer {
    const { nameServers, contact, negativeTtl } = this.#settings;
    const names = [nameServers[0] ?? apex.name, contact ?? `hostmaster.${apex.name}`].map(writtenName);
    const numbers = [this.#serial, timers.refresh, timers.retry, timers.expire, negativeTtl].map(u32);
    return record(pointerTo(at), Type.SOA, { ttl }, ...names, ...numbers);
  }
}

/** SED records as DNS records; `onLeftOut` gets those that DNS cannot carry. */
export function dnsRecordsFor(
  seds: readonly SharedSed[],
  onLeftOut: (seds: readonly SharedSed[]) => void,
): DnsRecord[] {
  const records = dnsRecordsOf(seds);
  if (records.length < seds.length) onLeftOut(seds.filter((sed) => dnsRecordsOf([sed]).length === 0));
  return records;
}

function positive(answers: readonly Buffer[]): Reply {
  return { rcode: Rcode.NOERROR, isAuthoritative: true, answers, authorities: [], additionals: [] };
}

function referral(servers: readonly NameServer[], ifAbsent: number): Reply {
  const ttl = minTtl(servers, ifAbsent);
  const authorities = servers.map(({ hostName }) => nsRecord(hostName, ttl, HEADER_BYTES));
  const additionals = servers.flatMap(({ hostName, addresses }) =>
    addresses.map((address) =>
      record(writtenName(hostName), isIPv6(address) ? Type.AAAA : Type.A, { ttl }, addressOctets(address)),
    ),
  );
  return { rcode: Rcode.NOERROR, isAuthoritative: false, answers: [], authorities, additionals };
}

/** Offset of the apex in the question's name. */
function apexAt({ labels }: Query, apex: Apex): number {
  const before = labels.slice(0, labels.length - apex.labels.length);
  return before.reduce((at, label) => at + 1 + label.length, HEADER_BYTES);
}

/** A NAPTR record of the question's name. */
function naptrRecord({ order, preference, flags, services, regexp, replacement }: Naptr, ttl: number): Buffer {
  const texts = [flags, services, regexp].map(characterString);
  const numbers = [order, preference].map(u16);
  return record(pointerTo(HEADER_BYTES), Type.NAPTR, { ttl }, ...numbers, ...texts, writtenName(replacement));
}

function nsRecord(hostName: string, ttl: number, at: number): Buffer {
  return record(pointerTo(at), Type.NS, { ttl }, writtenName(hostName));
}

/** A name from settings or records, which are checked when they are read. */
function writtenName(name: string): Buffer {
  return nameOctets(labelsOf(name) ?? []);
}

/** The TTL that all records of one name and type share: the shortest (RFC 2181 §5.2). */
function minTtl(records: readonly { readonly ttl: number | undefined }[], ifAbsent: number): number {
  return Math.min(...records.map(({ ttl }) => ttl ?? ifAbsent));
}

function isNaptr(record: DnsRecord): record is Naptr {
  return record.type === 'NAPTR';
}

function isNameServer(record: DnsRecord): record is NameServer {
  return record.type === 'NS';
}
