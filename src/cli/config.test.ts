import { describe, expect, it } from 'vitest';
import { checkSettings } from './config.js';

describe('sppp config check', () => {
  it('gives each setting in force, and unknown variables with the most similar name', () => {
    const { settings, unknown } = checkSettings({ SPPP_PORT: '9090', SPPP_HOTS: 'x' });
    expect(settings).toContainEqual({ name: 'SPPP_PORT', value: '9090', source: 'environment', isSecret: false });
    expect(settings.filter(({ source }) => source !== 'default')).toHaveLength(1);
    expect(unknown).toEqual(['SPPP_HOTS: no such setting; SPPP_HOST is one']);
  });

  it.each<[NodeJS.ProcessEnv, string]>([
    [{ SPPP_PORT: 'x' }, 'SPPP_PORT=x: a whole number from 0 to 65535'],
    [{ SPPP_HOST: '0.0.0.0' }, 'SPPP_CLEARTEXT=allow'],
    [{ SPPP_ENUM_TTL: '-1' }, 'SPPP_ENUM_TTL=-1: a whole number from 0 to 2147483647'],
    [{ SPPP_DEMO_PASSWORD_FILE: '/not/there' }, 'SPPP_DEMO_PASSWORD_FILE=/not/there: ENOENT'],
  ])('ends at a setting that breaks its rule: %o', (variables, message) => {
    expect(() => checkSettings(variables)).toThrow(message);
  });
});
