import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, type DecodedPacket, decode, encode, type OptAnswer, type RecordType } from 'dns-packet';

/** Questions over UDP and TCP, and answers as the library reads them. */

export interface DnsAnswer {
  readonly bytes: Buffer;
  readonly packet: DecodedPacket;
  /** With the upper bits of EDNS. */
  readonly rcode: number;
}

export interface Ask {
  readonly type?: RecordType | 'ANY';
  readonly class?: 'IN' | 'CH' | 'ANY';
  readonly id?: number;
  readonly flags?: number;
  /** EDNS with this payload size, version and flags. */
  readonly edns?: { readonly size?: number; readonly version?: number; readonly flags?: number };
}

export const NOERROR = 0;
export const FORMERR = 1;
export const SERVFAIL = 2;
export const NXDOMAIN = 3;
export const NOTIMP = 4;
export const REFUSED = 5;
export const NOTAUTH = 9;
export const BADVERS = 16;

let ids = 0;

export function question(name: string, { type = 'NAPTR', class: asked = 'IN', id, flags = 0, edns }: Ask = {}): Buffer {
  const opt: OptAnswer = {
    ...{ type: 'OPT', name: '.', extendedRcode: 0, flag_do: false, options: [] },
    ...{ udpPayloadSize: edns?.size ?? 1232, ednsVersion: edns?.version ?? 0, flags: edns?.flags ?? 0 },
  };
  return encode({
    // The library knows ANY, its types do not.
    ...{ type: 'query', id: id ?? ++ids & 0xffff, flags },
    questions: [{ type: type as RecordType, name, class: asked }],
    additionals: edns === undefined ? [] : [opt],
  });
}

export function readDns(bytes: Buffer): DnsAnswer {
  const packet = decode(bytes);
  if (decode.bytes !== bytes.length) throw new Error(`${bytes.length - decode.bytes} bytes behind the answer`);
  const opt = packet.additionals?.find((record) => record.type === 'OPT');
  return { bytes, packet, rcode: ((opt?.extendedRcode ?? 0) << 4) | ((bytes[3] ?? 0) & 0xf) };
}

/** One packet, and what comes back for it; undefined if nothing does. */
export async function exchangeUdp(
  { address, port, family }: AddressInfo,
  bytes: Uint8Array,
  { patience = 5000, from }: { patience?: number; from?: string } = {},
): Promise<Buffer | undefined> {
  const socket = createSocket(family === 'IPv6' ? 'udp6' : 'udp4');
  try {
    socket.bind(0, from);
    await once(socket, 'listening');
    const received = once(socket, 'message').then(([message]) => message as Buffer);
    socket.send(bytes, port, address);
    return await Promise.race([received, delay(patience, undefined, { ref: false })]);
  } finally {
    socket.close();
  }
}

export async function askUdp(at: AddressInfo, name: string, ask: Ask & { from?: string } = {}): Promise<DnsAnswer> {
  const bytes = await exchangeUdp(at, question(name, ask), ask.from === undefined ? {} : { from: ask.from });
  if (bytes === undefined) throw new Error(`no answer for ${name}`);
  return readDns(bytes);
}

/** The end of a connection, in whatever way it comes: events.once would take a reset for a failure. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** A connection on which messages go behind their lengths. */
export class TcpConversation {
  readonly socket: Socket;
  readonly #messages: Buffer[] = [];
  #received: Buffer = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      while (this.#received.length >= 2 && this.#received.length >= 2 + this.#received.readUInt16BE(0)) {
        const end = 2 + this.#received.readUInt16BE(0);
        this.#messages.push(this.#received.subarray(2, end));
        this.#received = this.#received.subarray(end);
      }
      this.#wake();
    });
    socket.on('close', () => this.#wake());
  }

  static async open({ address, port }: AddressInfo): Promise<TcpConversation> {
    const socket = connect(port, address);
    await once(socket, 'connect');
    return new TcpConversation(socket);
  }

  send(...messages: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(messages.map(framed)));
  }

  /** The next messages, so many of them. */
  async take(count: number): Promise<DnsAnswer[]> {
    while (this.#messages.length < count) {
      if (this.socket.destroyed) throw new Error(`closed after ${this.#messages.length} of ${count} answers`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.splice(0, count).map(readDns);
  }

  close(): void {
    this.socket.destroy();
  }
}

export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length, 0);
  return Buffer.concat([length, message]);
}

export async function askTcp(at: AddressInfo, name: string, ask: Ask = {}): Promise<DnsAnswer> {
  const conversation = await TcpConversation.open(at);
  try {
    conversation.send(question(name, ask));
    const [answer] = await conversation.take(1);
    return answer as DnsAnswer;
  } finally {
    conversation.close();
  }
}

/** The name of a number below an apex. */
export function enumName(number: string, apex = 'e164.arpa'): string {
  return [...number.replace(/\D/g, '')].reverse().concat(apex).join('.');
}

/** NAPTR records in the order in which they are to be tried, as `services regexp replacement`. */
export function naptrs({ packet }: DnsAnswer): string[] {
  return (packet.answers ?? [])
    .flatMap((answer: Answer) => (answer.type === 'NAPTR' ? [answer.data] : []))
    .sort((a, b) => a.order - b.order || a.preference - b.preference)
    .map(({ services, regexp, replacement }) => [services, regexp, replacement].join(' '));
}

/** Types of the records in a section. */
export function typesOf(records: readonly Answer[] | undefined): string[] {
  return (records ?? []).map(({ type }) => type);
}
