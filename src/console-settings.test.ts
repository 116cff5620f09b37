import { describe, expect, it } from 'vitest';
import { readConfig } from './config.js';

const oidc = {
  ...{ SPPP_OIDC_ISSUER: 'https://id.example.com/realms/sppp', SPPP_OIDC_CLIENT_ID: 'registry' },
  SPPP_PUBLIC_URL: 'https://sppp.example.com/x/',
};

describe('a port of the console', () => {
  it('is its own where the settings say so', () => {
    expect(readConfig({}).console?.listen).toBeUndefined();
    expect(readConfig({ SPPP_CONSOLE_PORT: '0' }).console?.listen).toEqual({ host: '127.0.0.1', port: 0 });
    expect(readConfig({ SPPP_CONSOLE_PORT: '8443', SPPP_CONSOLE_HOST: '::1' }).console?.listen).toEqual({
      ...{ host: '::1', port: 8443 },
    });
    expect(readConfig({ SPPP_CONSOLE: 'off', SPPP_CONSOLE_PORT: '8443' }).console).toBeUndefined();
  });

  it('leaves loopback as that of the server may', () => {
    const open = { SPPP_CONSOLE_PORT: '8443', SPPP_CONSOLE_HOST: '0.0.0.0' };
    expect(() => readConfig(open)).toThrow(
      'SPPP_CONSOLE_HOST=0.0.0.0: HTTP without TLS is served beyond loopback only',
    );
    expect(readConfig({ ...open, SPPP_CLEARTEXT: 'allow' }).console?.listen?.host).toBe('0.0.0.0');
    expect(readConfig({ ...open, SPPP_TLS_CERT: 'cert.pem', SPPP_TLS_KEY: 'key.pem' }).console?.listen?.port).toBe(
      8443,
    );
    expect(readConfig({ SPPP_CONSOLE_HOST: '0.0.0.0' }).console?.listen).toBeUndefined();
  });
});

describe('a provider', () => {
  it('is in force with its defaults', () => {
    expect(readConfig({}).console?.provider).toBeUndefined();
    expect(readConfig(oidc).console?.provider).toEqual({
      ...{ issuer: oidc.SPPP_OIDC_ISSUER, clientId: 'registry', clientSecret: undefined },
      ...{ claim: 'sub', users: 'operators', publicUrl: 'https://sppp.example.com/x' },
    });
    const elsewhere = { ...oidc, SPPP_CONSOLE_URL: 'https://console.example.com/' };
    expect(readConfig(elsewhere).console?.provider?.publicUrl).toBe('https://console.example.com');
  });

  it.each(['http://127.0.0.1:8081', 'http://[::1]:8081', 'http://localhost:8081/realms/sppp'])(
    'may be spoken to in cleartext on loopback: %s',
    (issuer) => {
      expect(readConfig({ ...oidc, SPPP_OIDC_ISSUER: issuer }).console?.provider?.issuer).toBe(issuer);
    },
  );

  it.each([
    ['SPPP_OIDC_ISSUER', 'http://id.example.com', 'an https URL without query, or an http one of loopback'],
    ['SPPP_OIDC_ISSUER', 'http://127.0.0.1.example.com', 'an https URL'],
    ['SPPP_OIDC_ISSUER', 'https://user:secret@id.example.com', 'an https URL'],
    ['SPPP_OIDC_ISSUER', 'https://id.example.com/?x', 'an https URL'],
    ['SPPP_OIDC_ISSUER', 'id.example.com', 'an https URL'],
    ['SPPP_OIDC_ISSUER', 'ftp://id.example.com', 'an https URL'],
    ['SPPP_OIDC_CLIENT_ID', '', 'together with SPPP_OIDC_CLIENT_ID'],
    ['SPPP_OIDC_CLAIM', 'a claim', 'up to 64 letters'],
    ['SPPP_OIDC_USERS', 'everybody', 'one of operators, registrars, all'],
    ['SPPP_PUBLIC_URL', '', 'together with SPPP_PUBLIC_URL or SPPP_CONSOLE_URL'],
    ['SPPP_PUBLIC_URL', 'http://sppp.example.com', 'not to http://sppp.example.com'],
    ['SPPP_CONSOLE_URL', 'console', 'an http or https URL without user, query and fragment'],
  ])('with %s=%s is refused: %s', (name, value, rule) => {
    expect(() => readConfig({ ...oidc, [name]: value })).toThrow(rule);
  });

  it.each([
    [{ SPPP_OIDC_CLIENT_ID: 'registry' }, 'SPPP_OIDC_CLIENT_ID=registry: together with SPPP_OIDC_ISSUER'],
    [{ SPPP_OIDC_CLIENT_SECRET: 'hush' }, 'SPPP_OIDC_CLIENT_SECRET: together with SPPP_OIDC_ISSUER'],
  ])('without an issuer, %j is refused', (settings, rule) => {
    expect(() => readConfig(settings)).toThrow(rule);
  });
});
