import type { Askers } from './askers.js';
import type { Watch } from './counts.js';
import { apexOf, identifierOf } from './name.js';
import { isUnanswerable, isUnreadable, type Query, readQuery } from './query.js';
import { CLASS_IN, Rcode, Type } from './rcode.js';
import { plainReply, type Reply, type Room, writeHeader, writeReply } from './reply.js';
import type { Resolver } from './resolver.js';
import type { EnumSettings } from './settings.js';
import { type TsigKey, type TsigOutcome, verify } from './tsig.js';
import { carried, type Zone } from './zone.js';

/** Whom an answer goes to, and over what. */
export interface Client {
  /** Without zone; IPv4 as such. */
  readonly address: string;
  /** Who asks at this listener. */
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

/** Without EDNS (RFC 1035 §4.2.1); and what a length of two bytes can say. */
const PLAIN_UDP_BYTES = 512;
const TCP_BYTES = 65_535;

/** What nobody may ask for: transfers, since the registry shows each asker something else. */
const transfers: ReadonlySet<number> = new Set([Type.AXFR, Type.IXFR]);
/** Types of records that are none of a name. */
const metaTypes: ReadonlySet<number> = new Set([Type.OPT, Type.TKEY, Type.TSIG, Type.MAILB, Type.MAILA]);

/** A message in, an answer out. */
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

  /** The answer; undefined if there must be none. Never rejects, whatever the message does. */
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
    const room = this.#room(query, client, verdict);
    return writeReply(query, reply, room, verdict, (count) => {
      if (room.isLast) watch.counts.leftOut += count;
      else watch.counts.truncated++;
    });
  }

  /** Whoever is not known gets no more bytes than he sent: the address may be that of somebody else. */
  #room({ bytes, edns }: Query, client: Client, verdict: TsigOutcome | undefined): Room {
    const { udpBytes } = this.#parts.settings;
    const isLast = client.transport === 'tcp';
    const most = isLast ? TCP_BYTES : Math.min(Math.max(edns?.payloadSize ?? 0, PLAIN_UDP_BYTES), udpBytes);
    const isKnown = verdict === undefined ? this.#asker(client, verdict) !== undefined : verdict.hasKey;
    return isKnown ? { most, isLast, udpBytes } : { most: Math.min(most, bytes.length), isLast: true, udpBytes };
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
    const { seds, isThere } = await resolver.ask({
      identifier,
      asker,
      sourceIp: client.address,
      rootDomain: apex.name,
    });
    const records = carried(seds, (unfit) => watch.leftOut(unfit));
    const reply = zone.found(query, apex, records);
    if (reply !== undefined) {
      if (reply.isAuthoritative) counts.found++;
      else counts.referred++;
      return reply;
    }
    if (isThere) counts.noData++;
    else counts.noName++;
    return zone.nothing(query, apex, isThere);
  }

  /** What is refused whoever asks, in the order in which it can be told. */
  #refused({ edns, class: asked, type }: Query, verdict: TsigOutcome | undefined): Rcode | undefined {
    if (verdict !== undefined && verdict.key === undefined) return Rcode.NOTAUTH;
    if (edns !== undefined && edns.version > 0) return Rcode.BADVERS;
    if (asked !== CLASS_IN || metaTypes.has(type)) return Rcode.NOTIMP;
    return transfers.has(type) ? Rcode.REFUSED : undefined;
  }

  /** A key says most, then the client's address, then where it asks. */
  #asker({ address, asker }: Client, verdict: TsigOutcome | undefined): string | undefined {
    if (verdict?.key !== undefined) return this.#askersOfKeys.get(verdict.key.name);
    return this.#parts.askers.of(address) ?? asker;
  }
}
