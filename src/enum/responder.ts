import type { Askers } from './askers.js';
import type { Watch } from './counts.js';
import { apexOf, identifierOf } from './name.js';
import { isUnanswerable, isUnreadable, type Query, readQuery } from './query.js';
import { CLASS_IN, Rcode, Type } from './rcode.js';
import { plainReply, type Reply, type SizeLimit, writeHeader, writeReply } from './reply.js';
import type { Resolver } from './resolver.js';
import type { EnumSettings } from './settings.js';
import { type TsigKey, type TsigOutcome, verify } from './tsig.js';
import { dnsRecordsFor, type Zone } from './zone.js';

/** The client of a question, and its transport. */
export interface Client {
  /** Without zone; a mapped IPv4 address as IPv4. */
  readonly address: string;
  /** The listener's asker. */
  readonly asker: string | undefined;
  readonly transport: 'udp' | 'tcp';
}

export interface ResponderParts {
  readonly settings: Pick<EnumSettings, 'apexes' | 'keys' | 'udpBytes'>;
  readonly askers: Askers;
  readonly resolver: Pick<Resolver, 'ask' | 'isFull'>;
  readonly zone: Zone;
  readonly watch: Watch;
  readonly clock: () => Date;
}

/** Size of an answer without EDNS (RFC 1035 §4.2.1), and the largest that a length of two bytes can express. */
const PLAIN_UDP_BYTES = 512;
const TCP_BYTES = 65_535;

/** Zone transfers, which are refused, as each asker sees different data. */
const transfers: ReadonlySet<number> = new Set([Type.AXFR, Type.IXFR]);
/** Types that are not data of a name. */
const metaTypes: ReadonlySet<number> = new Set([Type.OPT, Type.TKEY, Type.TSIG, Type.MAILB, Type.MAILA]);

/** Answers messages. */
export class Responder {
  readonly #parts: ResponderParts;
  readonly #keys: ReadonlyMap<string, TsigKey>;
  readonly #askersOfKeys: ReadonlyMap<string, string>;

  constructor(parts: ResponderParts) {
    this.#parts = parts;
    const { keys } = parts.settings;
    this.#keys = new Map(keys.map((key) => [key.name, key]));
    this.#askersOfKeys = new Map(keys.map(({ name, asker }) => [name, asker]));
  }

  /** The answer to a message; undefined if it must not be answered. Never rejects. */
  async answer(bytes: Buffer, client: Client): Promise<Buffer | undefined> {
    try {
      return await this.#answer(bytes, client);
    } catch (error) {
      this.#parts.watch.failed(error);
      return isUnanswerable(bytes) ? undefined : writeHeader({ bytes, rcode: Rcode.SERVFAIL });
    }
  }

  async #answer(bytes: Buffer, client: Client): Promise<Buffer | undefined> {
    const { watch, clock } = this.#parts;
    const { counts } = watch;
    counts.queries++;
    const read = readQuery(bytes);
    if (read === undefined) {
      counts.dropped++;
      return undefined;
    }
    if (isUnreadable(read)) {
      counts.malformed++;
      return writeHeader(read);
    }
    const verdict = read.signature && verify(read.signature, this.#keys, clock());
    if (read.signature !== undefined && verdict === undefined) {
      counts.malformed++;
      return writeHeader({ bytes, rcode: Rcode.FORMERR });
    }
    try {
      const reply = await this.#reply(read, client, verdict);
      if (reply === undefined) counts.dropped++;
      return reply && this.#write(read, reply, client, verdict);
    } catch (error) {
      watch.failed(error);
      return this.#write(read, plainReply(Rcode.SERVFAIL), client, verdict);
    }
  }

  #write(query: Query, reply: Reply, client: Client, verdict: TsigOutcome | undefined): Buffer {
    const { watch } = this.#parts;
    const limit = this.#limit(query, client, verdict);
    return writeReply(query, reply, limit, verdict, (count) => {
      if (limit.isFinal) watch.counts.leftOut += count;
      else watch.counts.truncated++;
    });
  }

  /** An unknown client gets no more bytes than it sent, as its address may be forged. */
  #limit({ bytes, edns }: Query, client: Client, verdict: TsigOutcome | undefined): SizeLimit {
    const { udpBytes } = this.#parts.settings;
    const isFinal = client.transport === 'tcp';
    const maxBytes = isFinal ? TCP_BYTES : Math.min(Math.max(edns?.payloadSize ?? 0, PLAIN_UDP_BYTES), udpBytes);
    const isKnown = verdict === undefined ? this.#asker(client, verdict) !== undefined : verdict.hasKey;
    return isKnown
      ? { maxBytes, isFinal, udpBytes }
      : { maxBytes: Math.min(maxBytes, bytes.length), isFinal: true, udpBytes };
  }

  async #reply(query: Query, client: Client, verdict: TsigOutcome | undefined): Promise<Reply | undefined> {
    const { settings, resolver, zone, watch } = this.#parts;
    const { counts } = watch;
    const refused = this.#refused(query, verdict);
    const apex = apexOf(query.labels, settings.apexes);
    const asker = this.#asker(client, verdict);
    if (refused !== undefined || apex === undefined || asker === undefined) {
      counts.refused++;
      return plainReply(refused ?? Rcode.REFUSED);
    }
    if (query.labels.length === apex.labels.length) return zone.apex(query, apex);
    const identifier = identifierOf(query.labels, apex);
    if (identifier === undefined) {
      counts.noName++;
      return zone.nothing(query, apex, false);
    }
    if (resolver.isFull) return undefined;
    const { seds, exists } = await resolver.ask({
      identifier,
      asker,
      sourceIp: client.address,
      rootDomain: apex.name,
    });
    const records = dnsRecordsFor(seds, (unfit) => watch.leftOut(unfit));
    const reply = zone.found(query, apex, records);
    if (reply !== undefined) {
      if (reply.isAuthoritative) counts.found++;
      else counts.referred++;
      return reply;
    }
    if (exists) counts.noData++;
    else counts.noName++;
    return zone.nothing(query, apex, exists);
  }

  /** The code of a question that is refused whatever the asker is; undefined if it is not. */
  #refused({ edns, class: asked, type }: Query, verdict: TsigOutcome | undefined): Rcode | undefined {
    if (verdict !== undefined && verdict.key === undefined) return Rcode.NOTAUTH;
    if (edns !== undefined && edns.version > 0) return Rcode.BADVERS;
    if (asked !== CLASS_IN || metaTypes.has(type)) return Rcode.NOTIMP;
    return transfers.has(type) ? Rcode.REFUSED : undefined;
  }

  /** The asker of the key, else of the client's address, else of the listener. */
  #asker({ address, asker }: Client, verdict: TsigOutcome | undefined): string | undefined {
    if (verdict?.key !== undefined) return this.#askersOfKeys.get(verdict.key.name);
    return this.#parts.askers.of(address) ?? asker;
  }
}
