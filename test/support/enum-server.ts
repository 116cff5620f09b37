import type { AddressInfo } from 'node:net';
import type pg from 'pg';
import pino from 'pino';
import { openLookups } from '../../src/deps.js';
import { type EnumServer, serveEnum } from '../../src/enum/enum-server.js';
import { readEnumSettings } from '../../src/enum/settings.js';

/** ENUM over real sockets, on a registry. */
export interface TestEnum extends EnumServer {
  /** The first listener. */
  readonly at: AddressInfo;
  /** Messages of the log. */
  readonly logged: string[];
}

export async function startEnum(
  registry: pg.Pool,
  environment: Record<string, string> = {},
  clock: () => Date = () => new Date(),
): Promise<TestEnum> {
  const settings = readEnumSettings({
    SPPP_ENUM_LISTEN: 'iana-en:111=127.0.0.1:0',
    SPPP_ENUM_NAME_SERVERS: 'ns1.registry.example,ns2.registry.example',
    ...environment,
  });
  const logged: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => logged.push(line) });
  const lookups = openLookups(
    {
      lookup: {
        connections: 4,
        timeout: 2000,
        maxAge: 60_000,
        caches: { answerBytes: 1_000_000, numberBytes: 1_000_000 },
      },
    },
    { pool: registry },
    () => undefined,
  );
  const server = await serveEnum(settings, { lookups, pool: registry, log, clock });
  return {
    ...server,
    at: server.addresses[0] as AddressInfo,
    logged,
    close: async () => {
      await server.close();
      await lookups.close();
    },
  };
}
