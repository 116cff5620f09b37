import { isIPv6 } from 'node:net';
import { type DnsRecord, dnsRecordsOf } from '../lookup/naptr.js';
import type { SharedSed } from '../registry/resolve/route-answers.js';
import { labelsOf } from '../values/domain-name.js';
import type { Place } from './name.js';
import type { Query } from './query.js';
import { Rcode, Type } from './rcode.js';
import { type Reply, replyOf } from './reply.js';
import type { EnumSettings } from './settings.js';
import { addressOctets, characterString, HEADER_BYTES, nameOctets, pointerTo, record, u16, u32 } from './wire.js';

type Naptr = Extract<DnsRecord, { type: 'NAPTR' }>;
type NameServer = Extract<DnsRecord, { type: 'NS' }>;

/** Timers of the SOA record in seconds; without zone transfers, no secondary uses them. */
const timers = { refresh: 3600, retry: 600, expire: 86_400 } as const;

/** What DNS says of SED records. */
export interface Written {
  /** A referral or an answer; undefined if there are no records. */
  readonly reply: Reply | undefined;
  /** SED records that DNS cannot carry. */
  readonly unfit: readonly SharedSed[];
}

/** Records of the apexes themselves, and records of the registry as DNS records below them. */
export class Zone {
  readonly #settings: Pick<EnumSettings, 'ttl' | 'negativeTtl' | 'nameServers' | 'contact'>;
  readonly #serial: number;
  /** By the records of the registry's answer, which numbers share for as long as it is cached. */
  readonly #written = new WeakMap<readonly SharedSed[], Written>();

  constructor(settings: Pick<EnumSettings, 'ttl' | 'negativeTtl' | 'nameServers' | 'contact'>, startedAt: Date) {
    this.#settings = settings;
    this.#serial = Math.floor(startedAt.getTime() / 1000) % 2 ** 32;
  }

  /** Records of the apex: SOA and NS only. */
  apex({ type }: Query, place: Place): Reply {
    const { ttl, nameServers } = this.#settings;
    const soa = type === Type.SOA || type === Type.ANY ? [this.#soa(place, ttl)] : [];
    const hasNs = type === Type.NS || type === Type.ANY;
    const ns = hasNs ? nameServers.map((name) => nsRecord(name, ttl, place.at)) : [];
    const answers = [...soa, ...ns];
    return answers.length === 0 ? this.nothing(place, true) : positive(answers);
  }

  /** No record of that type (NODATA), or no such name, with the SOA record for negative caching (RFC 2308 §3). */
  nothing(place: Place, exists: boolean): Reply {
    const authorities = [this.#soa(place, this.#settings.negativeTtl)];
    return replyOf(exists ? Rcode.NOERROR : Rcode.NXDOMAIN, { isAuthoritative: true, authorities });
  }

  /**
   * The records of the registry, written once. The first record decides: an NS record makes it a referral with the addresses
   * of the name servers, a NAPTR record an answer. They follow any question alike, as their owner is a pointer to its name.
   */
  written(seds: readonly SharedSed[]): Written {
    let written = this.#written.get(seds);
    if (written === undefined) {
      written = this.#write(seds);
      this.#written.set(seds, written);
    }
    return written;
  }

  /** The reply to a question for a name that has records: these, or none of the type that is asked for. */
  found({ type }: Query, place: Place, reply: Reply): Reply {
    // Below a referral, only DS records are ours (RFC 4035 §3.1.4.1).
    const isAsked = reply.isAuthoritative ? type === Type.NAPTR || type === Type.ANY : type !== Type.DS;
    return isAsked ? reply : this.nothing(place, true);
  }

  #write(seds: readonly SharedSed[]): Written {
    const records = dnsRecordsOf(seds);
    const unfit = records.length < seds.length ? seds.filter((sed) => dnsRecordsOf([sed]).length === 0) : [];
    const [first] = records;
    if (first === undefined) return { reply: undefined, unfit };
    if (first.type === 'NS') return { reply: referral(records.filter(isNameServer), this.#settings.ttl), unfit };
    const naptrs = records.filter(isNaptr);
    const ttl = minTtl(naptrs, this.#settings.ttl);
    return { reply: positive(naptrs.map((naptr) => naptrRecord(naptr, ttl))), unfit };
  }

  #soa({ apex, at }: Place, ttl: number): Buffer {
    const { nameServers, contact, negativeTtl } = this.#settings;
    const names = [nameServers[0] ?? apex.name, contact ?? `hostmaster.${apex.name}`].map(writtenName);
    const numbers = [this.#serial, timers.refresh, timers.retry, timers.expire, negativeTtl].map(u32);
    return record(pointerTo(at), Type.SOA, { ttl }, ...names, ...numbers);
  }
}

function positive(answers: readonly Buffer[]): Reply {
  return replyOf(Rcode.NOERROR, { isAuthoritative: true, answers });
}

function referral(servers: readonly NameServer[], ifAbsent: number): Reply {
  const ttl = minTtl(servers, ifAbsent);
  const authorities = servers.map(({ hostName }) => nsRecord(hostName, ttl, HEADER_BYTES));
  const additionals = servers.flatMap(({ hostName, addresses }) =>
    addresses.map((address) =>
      record(writtenName(hostName), isIPv6(address) ? Type.AAAA : Type.A, { ttl }, addressOctets(address)),
    ),
  );
  return replyOf(Rcode.NOERROR, { authorities, additionals });
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
