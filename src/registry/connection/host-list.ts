/** A server of a database URL. A part that is left out comes from libpq's variables or a default. */
export interface Host {
  /** A name, an address, or the folder of a socket. */
  readonly host: string | undefined;
  readonly port: number | undefined;
}

/** Which servers a connection accepts, with the values and meanings of libpq's target_session_attrs. */
export const sessionAttributes = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
export type SessionAttributes = (typeof sessionAttributes)[number];

const DEFAULT_PORT = 5432;

/** A list that is longer is a mistake: each of its hosts may take its whole connect timeout. */
const MAX_HOSTS = 32;

/**
 * The servers of a list of hosts and one of ports: one port for each host, or one for all of them, as libpq reads them.
 *
 * @param hosts decoded; undefined: none is named
 * @param ports as they are written; an undefined or empty one is the default
 * @param fail throws for the mistake that it is given
 */
export function hostsOf(
  hosts: readonly (string | undefined)[],
  ports: readonly (string | undefined)[],
  fail: (mistake: string) => never,
): readonly [Host, ...Host[]] {
  const isList = hosts.length > 1;
  if (hosts.length > MAX_HOSTS) fail(`it names ${hosts.length} hosts, and at most ${MAX_HOSTS} are allowed`);
  if (isList && hosts.some((host) => !host)) fail('its list of hosts has an empty place');
  if (ports.length > 1 && ports.length !== hosts.length) {
    fail(
      `it has ${ports.length} ports for ${hosts.length === 1 ? '1 host' : `${hosts.length} hosts`}: one for each, or one for all`,
    );
  }
  const [first, ...others] = hosts.map((name, index) => {
    const host = name || undefined;
    if (host !== undefined && !/^(?:\/.*|[A-Za-z0-9._:%-]+)$/.test(host)) fail('its host is no name or address');
    const port = portOf(ports.length === 1 ? ports[0] : ports[index], fail);
    return { host, port: port ?? (isList ? DEFAULT_PORT : undefined) };
  });
  return [first ?? { host: undefined, port: undefined }, ...others];
}

/** Whether a host is the folder of a socket, where TLS means nothing. */
export function isSocket({ host }: Host): boolean {
  return host?.startsWith('/') ?? false;
}

/** How messages name a server. */
export function hostText({ host = 'localhost', port = DEFAULT_PORT }: Host): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function portOf(text: string | undefined, fail: (mistake: string) => never): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^[0-9]+$/.test(text)) fail('its port is no number; a ":" or "/" in a password is written as %3A or %2F');
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : fail(`its port is ${text.slice(0, 20)}, and ports are 1 to 65535`);
}
