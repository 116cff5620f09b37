import { hostname } from 'node:os';
import { secret, wholeNumber, words } from './setting.js';

const nameServers = words({
  name: 'SPPP_ENUM_NAME_SERVERS',
  defaultNote: "the machine's name",
  rule: 'domain names',
  meaning: 'NS records of the apexes; the first name is also in the SOA record',
  usedBy: ['enum'],
});

/** How `sppp enum` answers look-ups over DNS. */
export const enumTable = {
  listeners: words({
    name: 'SPPP_ENUM_LISTEN',
    default: '127.0.0.1:5300',
    rule: '[asker=]address:port',
    meaning: 'Addresses for DNS questions over UDP and TCP; IPv6 as `[2001:db8::1]:53`',
    usedBy: ['enum'],
  }),
  apexes: words({
    name: 'SPPP_ENUM_APEXES',
    default: 'e164.arpa',
    rule: 'a domain name, or rn= and one',
    meaning: 'Domain names below which clients ask for numbers, or with `rn=` for routing numbers',
    usedBy: ['enum'],
  }),
  clients: words({
    name: 'SPPP_ENUM_CLIENTS',
    rule: 'asker=address, or asker=192.0.2.0/24',
    meaning: 'Askers by the address of the client',
    usedBy: ['enum'],
  }),
  keys: secret({
    name: 'SPPP_ENUM_KEYS',
    rule: 'asker=algorithm:name:secret in base64',
    meaning: 'TSIG keys, as `dig -y` takes them, each with its asker; secrets of at least 16 bytes',
    usedBy: ['enum'],
  }),
  nameServers: {
    ...nameServers,
    defaultIn: hostname,
    read: (environment) =>
      environment.text(nameServers.name) === undefined ? [hostname()] : nameServers.read(environment),
  } satisfies typeof nameServers,
  contact: words({
    name: 'SPPP_ENUM_CONTACT',
    defaultNote: '`hostmaster.` and the apex',
    rule: 'a domain name, such as hostmaster.example.net',
    meaning: 'Mailbox in the SOA record, as a domain name',
    usedBy: ['enum'],
  }),
  ttl: wholeNumber({
    name: 'SPPP_ENUM_TTL',
    default: 300,
    min: 0,
    max: 2_147_483_647,
    unit: 'seconds',
    meaning: 'TTL of records that have none of their own',
    usedBy: ['enum'],
  }),
  negativeTtl: wholeNumber({
    name: 'SPPP_ENUM_NEGATIVE_TTL',
    default: 60,
    min: 0,
    max: 86_400,
    unit: 'seconds',
    meaning: 'TTL of negative answers',
    usedBy: ['enum'],
  }),
  udpBytes: wholeNumber({
    name: 'SPPP_ENUM_UDP_BYTES',
    default: 1232,
    min: 512,
    max: 65_000,
    unit: 'bytes',
    meaning: 'Answer over UDP, whatever size EDNS asks for',
    usedBy: ['enum'],
    whenHit: 'TC is set: the client asks again over TCP',
  }),
  tcpConnections: wholeNumber({
    name: 'SPPP_ENUM_TCP_CONNECTIONS',
    default: 256,
    min: 1,
    max: 100_000,
    unit: 'connections',
    meaning: 'TCP connections of DNS clients',
    usedBy: ['enum'],
    whenHit: 'The next ones are closed at once',
  }),
  tcpIdle: wholeNumber({
    name: 'SPPP_ENUM_TCP_IDLE',
    default: 10_000,
    min: 100,
    max: 3_600_000,
    unit: 'ms',
    meaning: 'Time that a TCP connection stays open without a whole question, or without reading its answers',
    usedBy: ['enum'],
    whenHit: 'Connection closed',
  }),
  waiting: wholeNumber({
    name: 'SPPP_ENUM_WAITING',
    default: 4096,
    min: 1,
    max: 1_000_000,
    unit: 'questions',
    meaning: 'DNS questions not yet answered',
    usedBy: ['enum'],
    whenHit: 'UDP: no answer; TCP: connection closed',
  }),
} as const;
