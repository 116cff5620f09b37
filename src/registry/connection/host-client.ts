import { lookup } from 'node:dns/promises';
import { isIP, Socket, type SocketConnectOpts } from 'node:net';
import pg from 'pg';
import type { Host, SessionAttributes } from './host-list.js';
import type { HostSearch, ServerState } from './host-search.js';
import { NoHostError, type RefusedHost } from './no-host-error.js';
import { STANDBY_AGE } from './standby-age.js';

/** The driver's connection with the members that its types leave out. */
interface DriverConnection extends pg.Connection {
  stream: pg.Connection['stream'];
  ssl: pg.ClientConfig['ssl'];
  /** Whether the client wants it closed, as its time is over. */
  _ending: boolean;
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  query(text: string): void;
}

const DriverConnection = pg.Connection as unknown as new (config: pg.ClientConfig) => DriverConnection;

/** The driver's client with the members that its types leave out. */
interface DriverClient {
  password: string | null | undefined;
  readonly connectionParameters: { host: string; port: number };
}

const STATE = `SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only'), ${STANDBY_AGE}`;

/**
 * PostgreSQL's codes for a server that lets nobody in now. After any other refusal, such as that of a password, libpq tries
 * no further host.
 */
const PASSING = /^(?:08...|53...|57P0.)$/;

/** Where a try goes: one address of a host. */
interface Way {
  readonly host: Host;
  readonly to: SocketConnectOpts;
}

/** A try under way. */
interface Try {
  readonly round: SessionAttributes;
  readonly end: (refused: Error | undefined) => void;
  isAsked: boolean;
  state: ServerState | undefined;
}

/**
 * A connection of the driver that tries one server after the other until one is taken. The client sees a single login: what
 * happens to other tries stays here.
 */
class HostConnection extends DriverConnection {
  readonly #search: HostSearch;
  readonly #tls: pg.ClientConfig['ssl'];
  readonly #timeout: number;
  #onTry: (host: Host) => void = () => undefined;
  #try: Try | undefined;

  constructor(config: pg.ClientConfig, search: HostSearch) {
    super(config);
    this.#search = search;
    this.#tls = config.ssl;
    const inAll = config.connectionTimeoutMillis || Number.POSITIVE_INFINITY;
    this.#timeout = Math.min(search.timeout, inAll / search.size);
  }

  /** Calls back before each try. */
  onTry(then: (host: Host) => void): void {
    this.#onTry = then;
  }

  /** Called by the client, once. The hosts of the search are tried, whatever host the client names. */
  override connect(): void {
    this.emit = (event, ...values) => this.#hear(event, values) || super.emit(event, ...values);
    void this.#connect().then((refused) => {
      if (refused === undefined) return;
      this.#stopHearing();
      this.emit('error', refused);
      this.emit('end');
    });
  }

  /** A socket has no TLS, whatever the other hosts have. */
  override requestSsl(): void {
    if (this.ssl) super.requestSsl();
    else this.emit('sslconnect');
  }

  async #connect(): Promise<NoHostError | undefined> {
    let refused: RefusedHost[] = [];
    for (const round of this.#search.rounds) {
      refused = [];
      for (const host of this.#search.order()) {
        const ways = await waysTo(host).catch((error: Error) => error);
        if (ways instanceof Error) refused.push({ host, error: ways });
        else {
          for (const way of ways) {
            const error = await this.#tryOnce(way, round);
            if (error === undefined) return undefined;
            refused.push({ host, error });
            if (this._ending || isFinal(error)) return new NoHostError(refused);
          }
        }
      }
    }
    return new NoHostError(refused);
  }

  /** Returns why the server was not taken; undefined if it was. */
  async #tryOnce({ host, to }: Way, round: SessionAttributes): Promise<Error | undefined> {
    this.#onTry(host);
    const socket = new Socket();
    // The driver connects to the name of a host, which may have several addresses; it needs the name for TLS.
    const connect = socket.connect.bind(socket);
    this.stream = Object.assign(socket, { connect: () => connect(to) });
    this.ssl = 'path' in to ? false : this.#tls;
    let late: NodeJS.Timeout | undefined;
    const refused = await new Promise<Error | undefined>((end) => {
      this.#try = { round, end, isAsked: false, state: undefined };
      late = setTimeout(() => {
        this.#search.wasLate(host);
        end(new Error('timeout expired'));
      }, this.#timeout);
      super.connect(host.port ?? 0, host.host);
    });
    clearTimeout(late);
    this.#try = undefined;
    if (refused !== undefined) for (const each of [socket, this.stream]) abandon(each);
    return refused;
  }

  /** What the server says during a try. Returns whether the client must not hear it. */
  #hear(event: string | symbol, values: readonly unknown[]): boolean {
    const current = this.#try;
    if (current === undefined) return false;
    switch (event) {
      case 'error':
      case 'errorMessage':
        current.end(values[0] instanceof Error ? values[0] : new Error(String(values[0])));
        return true;
      case 'end':
        current.end(new Error('Connection terminated unexpectedly'));
        return true;
      case 'rowDescription':
      case 'commandComplete':
        return current.isAsked;
      case 'dataRow':
        current.state = stateOf((values[0] as { readonly fields: readonly (string | null)[] }).fields);
        return true;
      case 'readyForQuery':
        return !this.#isTaken(current);
      default:
        return false;
    }
  }

  /** Asks the server for its state when it is ready for the first time, and judges it when it is ready again. */
  #isTaken(current: Try): boolean {
    if (!current.isAsked) {
      current.isAsked = true;
      this.query(STATE);
      return false;
    }
    const why = current.state === undefined ? 'no answer' : this.#search.whyNot(current.round, current.state);
    current.end(why === undefined ? undefined : new Error(why));
    if (why !== undefined) return false;
    this.#stopHearing();
    return true;
  }

  #stopHearing(): void {
    Reflect.deleteProperty(this, 'emit');
  }
}

/** The class of clients that look for their server among the hosts of a search, each time anew. */
export function clientOf(search: HostSearch): new (config?: pg.ClientConfig) => pg.Client {
  return class HostClient extends pg.Client {
    constructor(config: pg.ClientConfig = {}) {
      const connection = new HostConnection(config, search);
      // Not a copy: pg hides passwords and keys from copies of the options.
      super(Object.create(config, { connection: { value: connection } }));
      const client: pg.Client & DriverClient = Object.assign(this);
      const { password } = client;
      connection.onTry(({ host = client.host, port = client.port }) => {
        client.host = host;
        client.port = port;
        // ~/.pgpass may have another password for each host.
        Object.assign(client.connectionParameters, { host, port, password });
        client.password = password;
      });
    }
  };
}

/** The addresses of a host, in the order of the system. */
async function waysTo(host: Host): Promise<Way[]> {
  const { host: name = 'localhost', port = 5432 } = host;
  if (name.startsWith('/')) return [{ host, to: { path: `${name}/.s.PGSQL.${port}` } }];
  if (isIP(name) !== 0) return [{ host, to: { host: name, port } }];
  const addresses = await lookup(name, { all: true });
  return addresses.map(({ address }) => ({ host, to: { host: address, port } }));
}

function stateOf([isStandby, isReadOnly, age]: readonly (string | null)[]): ServerState {
  return { isStandby: isStandby === 't', isReadOnly: isReadOnly === 'on', age: age == null ? undefined : Number(age) };
}

function isFinal(error: Error): boolean {
  return error instanceof pg.DatabaseError && !PASSING.test(error.code ?? '');
}

function abandon(stream: pg.Connection['stream']): void {
  stream.removeAllListeners();
  stream.on('error', () => undefined);
  stream.destroy();
}
