import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { clientAddress, clientProtocol, isAddressRange } from './client-address.js';

const socket = Object.assign(new Socket(), {});
Object.defineProperty(socket, 'remoteAddress', { value: '192.0.2.1' });

describe('addresses of proxies', () => {
  it.each(['192.0.2.1', '192.0.2.0/24', '0.0.0.0/0', '10.0.0.0/8', '2001:db8::/32', '::1', '::/0', 'fd00::/128'])(
    '%s are some',
    (text) => expect(isAddressRange(text)).toBe(true),
  );

  it.each([
    '',
    'proxy',
    '192.0.2',
    '192.0.2.0/33',
    '192.0.2.0/',
    '/8',
    '2001:db8::/129',
    '192.0.2.0/24/8',
    'loopback',
    '::1%lo',
    '192.0.2.256',
  ])('%s are no addresses', (text) => expect(isAddressRange(text)).toBe(false));
});

describe('the address of a client', () => {
  it.each([
    ['198.51.100.7', '198.51.100.7'],
    [' 198.51.100.7 ', '198.51.100.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:198.51.100.7', '::ffff:198.51.100.7'],
    ['unknown', '192.0.2.1'],
    ['198.51.100.7:80', '192.0.2.1'],
    ['', '192.0.2.1'],
  ])('%s is %s', (ip, address) => {
    expect(clientAddress({ ip, socket })).toBe(address);
  });

  it('is :: once the client has gone', () => {
    const gone = new Socket();
    expect(clientAddress({ ip: gone.remoteAddress as string, socket: gone })).toBe('::');
  });

  it('of a connection that has ended is unspecified', () => {
    expect(clientAddress({ ip: '', socket: new Socket() })).toBe('::');
  });
});

it('the scheme is one of two, whatever a proxy passes on', () => {
  const of = (protocol: string) => clientProtocol({ protocol: protocol as 'http', socket });
  expect([of('https'), of('http'), of('ftp'), of('')]).toEqual(['https', 'http', 'http', 'http']);
});
