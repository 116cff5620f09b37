import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../operator-error.js';
import { readDatabaseUrl, withSettled } from './database-url.js';

/** With the first host's parts beside the others. */
const read = (url: string, environment: NodeJS.ProcessEnv = {}) => {
  const parts = readDatabaseUrl(url, environment);
  return { ...parts, ...parts.hosts[0] };
};
const hostsOf = (url: string, environment: NodeJS.ProcessEnv = {}) =>
  readDatabaseUrl(url, environment).hosts.map(({ host, port }) => `${host} ${port}`);

/** A password that no message may contain. */
const SECRET = 'hush-hush';

describe('a valid URL', () => {
  it.each<[string, Record<string, unknown>]>([
    [
      'postgresql://u1:pw@db.example.net:5433/d1',
      { user: 'u1', password: 'pw', host: 'db.example.net', port: 5433, database: 'd1', sslMode: 'prefer' },
    ],
    ['postgres://u1@db', { user: 'u1', password: undefined, host: 'db', port: undefined, database: undefined }],
    ['postgresql://', { user: undefined, host: undefined, database: undefined }],
    ['postgresql:///d1', { host: undefined, database: 'd1' }],
    ['postgresql://u1:@db/d1', { password: undefined }],
    ['postgresql://u%401:p%3A%2F%40%23w@db/d1', { user: 'u@1', password: 'p:/@#w' }],
    ['postgresql://u1:sec#ret@db/d1', { password: 'sec#ret', host: 'db', database: 'd1' }],
    ['postgresql://u1:sec?ret@db/d1', { password: 'sec?ret', host: 'db', database: 'd1' }],
    ['postgresql://u1:a:b@db/d1', { password: 'a:b' }],
    ['postgresql://u1:pw@db/d%2F1', { database: 'd/1' }],
    ['postgresql://u1:pw@db/d%20%C3%A4', { database: 'd ä' }],
    ['postgresql://u1:pw@[2001:db8::1]:5433/d1', { host: '2001:db8::1', port: 5433 }],
    ['postgresql://u1:pw@[::1]/d1', { host: '::1', port: undefined }],
    ['postgresql://u1@%2Fvar%2Frun%2Fpostgresql:5433/d1', { host: '/var/run/postgresql', port: 5433 }],
    ['postgresql://u1@/d1?host=/var/run/postgresql&port=5433', { host: '/var/run/postgresql', port: 5433 }],
    ['postgresql://db/?user=u1&password=p%26w&dbname=d1', { user: 'u1', password: 'p&w', database: 'd1' }],
    ['postgresql://db/d1?options=-c%20statement_timeout%3D5s', { options: '-c statement_timeout=5s' }],
    ['postgresql://db/d1?options=-c+statement_timeout%3D5s', { options: '-c statement_timeout=5s' }],
    ['postgresql://db/d1?connect_timeout=5', { connectTimeout: 5 }],
    ['postgresql://db/d1?connect_timeout=0', { connectTimeout: 30 }],
    ['postgresql://db/d1?sslmode=disable&sslmode=require', { sslMode: 'require' }],
    ['postgresql://db/d1?ssl=true', { sslMode: 'require' }],
    ['postgresql://db/d1?sslmode=require&channel_binding=prefer&gssencmode=disable', { sslMode: 'require' }],
    ['postgresql://db/d1?sslrootcert=system', { sslMode: 'verify-full', sslFiles: { root: 'system' } }],
    [
      'postgresql://db/d1?sslmode=verify-ca&sslrootcert=/r.pem&sslcert=/c.pem&sslkey=/k.pem',
      { sslMode: 'verify-ca', sslFiles: { root: '/r.pem', cert: '/c.pem', key: '/k.pem' } },
    ],
  ])('%s', (url, expected) => {
    expect(read(url)).toMatchObject(expected);
  });

  it('PGSSLMODE where the URL has no mode, as for psql', () => {
    expect(read('postgresql://db/d1', { PGSSLMODE: 'verify-full' }).sslMode).toBe('verify-full');
    expect(read('postgresql://db/d1?sslmode=disable', { PGSSLMODE: 'verify-full' }).sslMode).toBe('disable');
  });

  it('the settled mode takes precedence over the one in the URL', () => {
    for (const url of ['postgresql://u:p?w@db/d1', 'postgresql://db/d1?sslmode=prefer', 'postgresql://']) {
      const settled = { sslMode: 'require', targetSession: 'primary' };
      expect(read(withSettled(url, 'require', 'primary'))).toEqual({ ...read(url), ...settled });
    }
  });
});

describe('a list of hosts', () => {
  it.each<[string, string[]]>([
    ['postgresql://u1:pw@a:5433,b:5434/d1', ['a 5433', 'b 5434']],
    ['postgresql://u1:p,w@a,b/d1', ['a 5432', 'b 5432']],
    ['postgresql://a,b:5433/d1', ['a 5432', 'b 5433']],
    ['postgresql://a:5433,b/d1', ['a 5433', 'b 5432']],
    ['postgresql://[::1]:5433,[2001:db8::1],b:5434/d1', ['::1 5433', '2001:db8::1 5432', 'b 5434']],
    ['postgresql://%2Frun%2Fpg,b/d1', ['/run/pg 5432', 'b 5432']],
    ['postgresql://a,b,c/d1?port=5433', ['a 5433', 'b 5433', 'c 5433']],
    ['postgresql://a,b/d1?port=5433,5434', ['a 5433', 'b 5434']],
    ['postgresql:///d1?host=a,::1,/run/pg&port=5433,,5435', ['a 5433', '::1 5432', '/run/pg 5435']],
    ['postgresql://other:5433/d1?host=a,b', ['a 5433', 'b 5433']],
    ['postgresql:///d1?host=a%2Cb', ['a 5432', 'b 5432']],
    ['postgresql://a,a/d1', ['a 5432', 'a 5432']],
  ])('%s', (url, expected) => {
    expect(hostsOf(url)).toEqual(expected);
  });

  it('comes from PGHOST and PGPORT where the URL has none', () => {
    expect(hostsOf('postgresql:///d1', { PGHOST: 'a,b', PGPORT: '5433,5434' })).toEqual(['a 5433', 'b 5434']);
    expect(hostsOf('postgresql://c,d/d1', { PGHOST: 'a,b', PGPORT: '5433' })).toEqual(['c 5433', 'd 5433']);
    expect(hostsOf('postgresql://c:1/d1', { PGHOST: 'a,b', PGPORT: '5433' })).toEqual(['c 1']);
  });

  it('asks for sessions that may write, unless it is for look-ups, or says otherwise', () => {
    const of = (url: string, environment = {}) => readDatabaseUrl(url, environment).targetSession;
    expect(of('postgresql://a/d1')).toBe('any');
    expect(of('postgresql://a,b/d1')).toBe('read-write');
    expect(of('postgresql://a,b/d1?target_session_attrs=any')).toBe('any');
    expect(of('postgresql://a,b/d1', { PGTARGETSESSIONATTRS: 'primary' })).toBe('primary');
    expect(readDatabaseUrl('postgresql://a,b/d1', {}, 'lookups').targetSession).toBe('any');
    for (const each of ['read-only', 'standby', 'prefer-standby'])
      expect(of(`postgresql://a,b/d1?target_session_attrs=${each}`)).toBe(each);
  });

  it('has less time for each host than a single one', () => {
    expect(read('postgresql://a,b/d1').connectTimeout).toBe(5);
    expect(read('postgresql://a,b/d1?connect_timeout=7').connectTimeout).toBe(7);
  });

  it('may be shuffled', () => {
    expect(read('postgresql://a,b/d1').isShuffled).toBe(false);
    expect(read('postgresql://a,b/d1?load_balance_hosts=random').isShuffled).toBe(true);
  });
});

it('a mistake names the variable that has it', () => {
  expect(() => readDatabaseUrl('mysql://a/d1', {}, 'lookups')).toThrow(/^LOOKUP_DATABASE_URL: its scheme is mysql/);
});

describe('an invalid URL is refused with one line that names the mistake', () => {
  it.each<[string, string | RegExp]>([
    [`"postgresql://u1:${SECRET}@db/d1"`, 'in quotation marks'],
    [`'postgresql://u1:${SECRET}@db/d1'`, 'in quotation marks'],
    [`postgresql://u1:${SECRET}@db/d1"`, 'in quotation marks'],
    [`postgresql://u1:${SECRET} @db/d1`, 'a blank'],
    [`postgresql://u1:${SECRET}@db/d1\n`, 'a line break'],
    [` postgresql://u1:${SECRET}@db/d1`, 'the form postgresql://user:password@host:port/database'],
    [`host=db user=u1 password=${SECRET}`, 'the form postgresql://'],
    [`u1:${SECRET}@db/d1`, 'the form postgresql://'],
    [`postgresql:/u1:${SECRET}@db/d1`, 'the form postgresql://'],
    [`mysql://u1:${SECRET}@db/d1`, 'its scheme is mysql'],
    [`jdbc:postgresql://u1:${SECRET}@db/d1`, 'the form postgresql://'],
    [`postgresql+asyncpg://u1:${SECRET}@db/d1`, 'its scheme is postgresql+asyncpg'],
    [`postgresql://u1:a@${SECRET}@db/d1`, 'write them as %40 and %2F'],
    [`postgresql://u1:a/${SECRET}@db/d1`, 'write them as %40 and %2F'],
    [`postgresql://u1:a@b/${SECRET}@db/d1`, 'write them as %40 and %2F'],
    [`postgresql://u1:${SECRET}`, 'its port is no number'],
    [`postgresql://u1:${SECRET}/x`, 'its port is no number'],
    [`postgresql://u1:${SECRET}%@db/d1`, 'a "%" in its password is written as %25'],
    [`postgresql://u1:${SECRET}%zz@db/d1`, 'a "%" in its password is written as %25'],
    [`postgresql://u1:${SECRET}%ff@db/d1`, 'its password is not UTF-8'],
    [`postgresql://u1:${SECRET}%00@db/d1`, 'its password has a character 0'],
    [`postgresql://u1:${SECRET}@db:99999/d1`, 'its port is 99999, and ports are 1 to 65535'],
    [`postgresql://u1:${SECRET}@db:0/d1`, 'its port is 0'],
    [`postgresql://u1:${SECRET}@db:five/d1`, 'its port is no number'],
    [`postgresql://u1:${SECRET}@db:-1/d1`, 'its port is no number'],
    [`postgresql://u1:${SECRET}@db/d1?port=0x10`, 'its port is no number'],
    [`postgresql://u1:${SECRET}@a,,b/d1`, 'its list of hosts has an empty place'],
    [`postgresql://u1:${SECRET}@a,/d1`, 'its list of hosts has an empty place'],
    [`postgresql://u1:${SECRET}@:1,:2/d1`, 'its list of hosts has an empty place'],
    [`postgresql://u1:${SECRET}@/d1?host=a,b,`, 'its list of hosts has an empty place'],
    [`postgresql://u1:${SECRET}@a,b,c/d1?port=1,2`, 'it has 2 ports for 3 hosts: one for each, or one for all'],
    [`postgresql://u1:${SECRET}@a/d1?port=1,2`, 'it has 2 ports for 1 host: one for each'],
    [`postgresql://u1:${SECRET}@a,b:0/d1`, 'its port is 0'],
    [`postgresql://u1:${SECRET}@a,b;c/d1`, 'its host is no name or address'],
    [`postgresql://u1:${SECRET}@a,2001:db8::1/d1`, 'an IPv6 address is written in [ ]'],
    [`postgresql://u1:${SECRET}@${Array(33).fill('a').join()}/d1`, 'it names 33 hosts, and at most 32 are allowed'],
    [`postgresql://u1:${SECRET},b/d1`, 'its port is no number'],
    [`postgresql://u1:${SECRET}@a,b/d1?target_session_attrs=master`, 'its target_session_attrs is master: one of any,'],
    [
      `postgresql://u1:${SECRET}@a,b/d1?load_balance_hosts=yes`,
      'its load_balance_hosts is yes: one of disable, random',
    ],
    [`postgresql://u1:${SECRET}@2001:db8::1/d1`, 'an IPv6 address is written in [ ]'],
    [`postgresql://u1:${SECRET}@d;b/d1`, 'its host is no name or address'],
    [`postgresql://u1:${SECRET}@db/d1?schema=public`, 'its parameter schema is not known; these are: host'],
    [`postgresql://u1:${SECRET}@db/d1?sslmod=require`, 'its parameter sslmod is not known'],
    [`postgresql://u1:${SECRET}@db/d1?connect_timeout=5s`, 'its connect_timeout is no number of seconds'],
    [`postgresql://u1:${SECRET}@db/d1?=x`, 'a parameter has no name'],
    [`postgresql://u1:${SECRET}@db/d1?sslmode=on`, 'its sslmode is on: one of disable, allow, prefer, require,'],
    [`postgresql://u1:${SECRET}@db/d1?sslmode=`, 'its sslmode is : one of'],
    [`postgresql://u1:${SECRET}@db/d1?sslmode=verify-ca`, 'sslmode=verify-ca needs sslrootcert'],
    [
      `postgresql://u1:${SECRET}@db/d1?sslmode=require&sslrootcert=system`,
      'sslrootcert=system needs sslmode=verify-full',
    ],
    [`postgresql://u1:${SECRET}@db/d1?sslcert=/c.pem`, 'sslcert and sslkey are given together'],
    [`postgresql://u1:${SECRET}@db/d1?channel_binding=require`, 'channel_binding=require cannot be promised'],
    [`postgresql://u1:${SECRET}@db/d1?gssencmode=require`, 'its gssencmode is require: one of disable, prefer'],
  ])('%s', (url, mistake) => {
    const reading = () => read(url);
    expect(reading).toThrow(OperatorError);
    expect(reading).toThrow(mistake);
    const message = (() => {
      try {
        return String(reading());
      } catch (error) {
        return error instanceof Error ? error.message : '';
      }
    })();
    expect(message).toMatch(/^DATABASE_URL: [^\n]+$/);
    expect(message).not.toContain(SECRET);
  });
});
