import { describe, expect, it } from 'vitest';
import { readConfig } from '../config.js';
import { readEnumSettings } from '../enum/settings.js';
import { configOfWorker, enumSettingsOfWorker, forWorkers } from './shares.js';

describe('the settings of a worker', () => {
  it('of one process are those of the node', () => {
    const config = readConfig({});
    expect(configOfWorker(config)).toEqual(config);
    expect(enumSettingsOfWorker(readEnumSettings({}), 1)).toEqual(readEnumSettings({}));
  });

  it('are its part of what the node may use, and at least what a process needs', () => {
    const { limits, lookup } = configOfWorker(readConfig({ SPPP_WORKERS: '4' }));
    expect(limits).toMatchObject({
      ...{ databaseConnections: 6, feeds: 1, bulk: { inAll: 1, perRegistrar: 1, waiting: 16 } },
      unread: { inAll: 33_554_432, perRegistrar: 33_554_432 },
    });
    expect(lookup).toMatchObject({ connections: 4, caches: { answerBytes: 12_500_000, numberBytes: 25_000_000 } });
    expect(configOfWorker(readConfig({ SPPP_WORKERS: '3', SPPP_DATABASE_CONNECTIONS: '100' })).limits).toMatchObject({
      ...{ databaseConnections: 34, wireBytes: limits.wireBytes },
    });
    expect(configOfWorker(readConfig({ SPPP_WORKERS: '8' })).limits.unread.perRegistrar).toBe(16_777_216);
    expect(configOfWorker(readConfig({ SPPP_WORKERS: '2', SPPP_BULK_WAITING: '0' })).limits.bulk.waiting).toBe(0);
  });

  it('of ENUM are divided as well', () => {
    expect(enumSettingsOfWorker(readEnumSettings({}), 3)).toMatchObject({
      tcpConnections: 86,
      waiting: 1366,
      ttl: 300,
    });
  });

  it('add up to the connections of the node', () => {
    expect(forWorkers(1, 18, 'A=12 and B=4')).toEqual({ needed: 18, named: 'A=12 and B=4' });
    expect(forWorkers(4, 12, 'A=6 and B=4')).toEqual({ needed: 48, named: 'SPPP_WORKERS=4 with A=6 and B=4 each' });
  });
});
