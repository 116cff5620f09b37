import type { Question } from '../registry/resolve/resolve.js';
import type { Askers } from './askers.js';
import type { Watch } from './counts.js';
import { Apexes, identifierOf, type Place } from './name.js';
import { isUnanswerable, isUnreadable, type Query, readQuery } from './query.js';
import { CLASS_IN, Rcode, Type } from './rcode.js';
import { type Reply, replyOf, type SizeLimit, writeHeader, writeReply } from './reply.js';
import type { Resolution, Resolver } from './resolver.js';
import type { EnumSettings } from './settings.js';
import { type TsigKey, type TsigOutcome, verify } from './tsig.js';
import { HEADER_BYTES } from './wire.js';
import type { Zone } from './zone.js';

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

/** A question that was read, and who asks it. */
interface Asked {
  readonly query: Query;
  readonly client: Client;
  readonly verdict: TsigOutcome | undefined;
  /** Undefined if nobody knows the client. */
  readonly asker: string | undefined;
}

/** A question for the registry, and the place of its name. */
interface Sought {
  readonly place: Place;
  readonly question: Question;
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
  readonly #apexes: Apexes;
  readonly #keys: ReadonlyMap<string, TsigKey>;
  readonly #askersOfKeys: ReadonlyMap<string, string>;

  constructor(parts: ResponderParts) {
    this.#parts = parts;
    const { apexes, keys } = parts.settings;
    this.#apexes = new Apexes(apexes);
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
    const query = readQuery(bytes);
    if (query === undefined) {
      counts.dropped++;
      return undefined;
    }
    if (isUnreadable(query)) {
      counts.malformed++;
      return writeHeader(query);
    }
    const verdict = query.signature && verify(query.signature, this.#keys, clock());
    if (query.signature !== undefined && verdict === undefined) {
      counts.malformed++;
      return writeHeader({ bytes, rcode: Rcode.FORMERR });
    }
    const asked = { query, client, verdict, asker: this.#asker(client, verdict) };
    try {
      const sought = this.#sought(asked);
      if (!('question' in sought)) return this.#write(asked, sought);
      if (this.#parts.resolver.isFull) {
        counts.dropped++;
        return undefined;
      }
      const resolution = await this.#parts.resolver.ask(sought.question);
      return this.#write(asked, this.#found(query, sought.place, resolution));
    } catch (error) {
      watch.failed(error);
      return this.#write(asked, replyOf(Rcode.SERVFAIL));
    }
  }

  #write({ query, client, verdict, asker }: Asked, reply: Reply): Buffer {
    const { watch } = this.#parts;
    const isKnown = verdict === undefined ? asker !== undefined : verdict.hasKey;
    const limit = this.#limit(query, client, isKnown);
    return writeReply(query, reply, limit, verdict, (count) => {
      if (limit.isFinal) watch.counts.leftOut += count;
      else watch.counts.truncated++;
    });
  }

  /** An unknown client gets no more bytes than it sent, as its address may be forged. */
  #limit({ bytes, edns }: Query, { transport }: Client, isKnown: boolean): SizeLimit {
    const { udpBytes } = this.#parts.settings;
    const isFinal = transport === 'tcp';
    const maxBytes = isFinal ? TCP_BYTES : Math.min(Math.max(edns?.payloadSize ?? 0, PLAIN_UDP_BYTES), udpBytes);
    return isKnown
      ? { maxBytes, isFinal, udpBytes }
      : { maxBytes: Math.min(maxBytes, bytes.length), isFinal: true, udpBytes };
  }

  /** What the registry is to be asked; or the reply, where it need not be asked. */
  #sought({ query, client, verdict, asker }: Asked): Sought | Reply {
    const { zone, watch } = this.#parts;
    const refused = this.#refused(query, verdict);
    const place = this.#apexes.placeOf(query);
    if (refused !== undefined || place === undefined || asker === undefined) {
      watch.counts.refused++;
      return replyOf(refused ?? Rcode.REFUSED);
    }
    if (place.at === HEADER_BYTES) return zone.apex(query, place);
    const identifier = identifierOf(query, place);
    if (identifier === undefined) {
      watch.counts.noName++;
      return zone.nothing(place, false);
    }
    return { place, question: { identifier, asker, sourceIp: client.address, rootDomain: place.apex.name } };
  }

  /** The reply with what the registry has. */
  #found(query: Query, place: Place, { seds, exists }: Resolution): Reply {
    const { zone, watch } = this.#parts;
    const { counts } = watch;
    const { reply, unfit } = zone.written(seds);
    if (unfit.length > 0) watch.leftOut(unfit);
    if (reply === undefined) {
      if (exists) counts.noData++;
      else counts.noName++;
      return zone.nothing(place, exists);
    }
    if (reply.isAuthoritative) counts.found++;
    else counts.referred++;
    return zone.found(query, place, reply);
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
