import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { createDatabase, type TestDatabase } from './database.js';

/** The messages that a server has sent to PostgreSQL on one connection before it waited for the answer. */
export interface Exchange {
  /** Statements that were carried out: the name of each, else its text. */
  readonly statements: readonly string[];
  /** Statements that were parsed, in the same way. */
  readonly parsed: readonly string[];
}

/** A database behind a proxy that records every message of its clients. */
export interface RecordedDatabase extends TestDatabase {
  /** The exchanges during the work, by connection, in order. */
  during(work: () => Promise<unknown>): Promise<readonly (readonly Exchange[])[]>;
  /** Names that were parsed again on a connection that had parsed them. */
  readonly parsedAgain: readonly string[];
}

const SSL_REQUEST = 80_877_103;

/** A fresh database behind a proxy that reads what its clients send. */
export async function createRecordedDatabase(): Promise<RecordedDatabase> {
  const database = await createDatabase();
  const { hostname, port } = new URL(database.url);
  const heard = new Set<Map<Socket, Exchange[]>>();
  const parsedAgain: string[] = [];
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    const names = new Set<string>();
    const messages = new ClientMessages({
      parsed: (name) => {
        if (name !== '' && names.has(name)) parsedAgain.push(name);
        names.add(name);
      },
      exchanged: (exchange) => {
        for (const each of heard) each.set(client, [...(each.get(client) ?? []), exchange]);
      },
    });
    client.on('data', (bytes: Buffer) => messages.read(bytes));
    client.pipe(server).pipe(client);
    client.on('error', () => server.destroy()).on('close', () => server.destroy());
    server.on('error', () => client.destroy()).on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(database.url);
  url.hostname = '127.0.0.1';
  url.port = String((proxy.address() as AddressInfo).port);
  return {
    url: url.href,
    parsedAgain,
    during: async (work) => {
      const connections = new Map<Socket, Exchange[]>();
      heard.add(connections);
      try {
        await work();
      } finally {
        heard.delete(connections);
      }
      return [...connections.values()];
    },
    drop: async () => {
      proxy.close();
      await database.drop();
    },
  };
}

interface Listener {
  parsed(name: string): void;
  exchanged(exchange: Exchange): void;
}

/** Reads the messages of a client of PostgreSQL, version 3 of the protocol. */
class ClientMessages {
  readonly #listener: Listener;
  #bytes = Buffer.alloc(0);
  #hasBegun = false;
  /** Texts of statements by name, and names by portal. */
  readonly #texts = new Map<string, string>();
  readonly #portals = new Map<string, string>();
  #statements: string[] = [];
  #parsed: string[] = [];

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  read(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const start = this.#hasBegun ? 1 : 0; // The first message has no type.
      if (this.#bytes.length < start + 4) return;
      const end = start + this.#bytes.readInt32BE(start);
      if (this.#bytes.length < end) return;
      const type = start === 0 ? '' : String.fromCharCode(this.#bytes[0] as number);
      this.#take(type, this.#bytes.subarray(start + 4, end));
      this.#bytes = this.#bytes.subarray(end);
    }
  }

  #take(type: string, body: Buffer): void {
    const [first = '', second = ''] = body.toString('latin1').split('\0', 2);
    switch (type) {
      case '':
        this.#hasBegun = body.readInt32BE(0) !== SSL_REQUEST;
        break;
      case 'P':
        this.#texts.set(first, second);
        this.#parsed.push(first || second);
        this.#listener.parsed(first);
        break;
      case 'B':
        this.#portals.set(first, second);
        break;
      case 'E': {
        const name = this.#portals.get(first) ?? '';
        this.#statements.push(name || (this.#texts.get(name) ?? ''));
        break;
      }
      case 'Q':
        this.#statements.push(first);
        this.#parsed.push(first);
        this.#end();
        break;
      case 'S':
        this.#end();
        break;
    }
  }

  #end(): void {
    this.#listener.exchanged({ statements: this.#statements, parsed: this.#parsed });
    this.#statements = [];
    this.#parsed = [];
  }
}
