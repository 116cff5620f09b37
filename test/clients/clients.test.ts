/**
 * Third-party SOAP toolkits against a running server. Each generates its requests from our WSDL, and prints the answers
 * in the same lines:
 *
 * - life.*: the whole life of a peering, from the first object to the last deletion
 * - first.*: the program that docs/clients.md prints
 * - rows.*: adds the numbers of a CSV file in part, and maps every failure to its row
 */

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRequest, delRequest, destGrp, numberKey } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import { startRecordingProxy } from './recording-proxy.js';
import '../support/long-timeouts.js';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));

/** The output of `life.*` with every toolkit. */
const life = `status: 1000 Request succeeded inService 1.0 1.1
add destination group: 1000 Request succeeded
add SED record: 1000 Request succeeded
add SED group: 1000 Request succeeded
add numbers: 1000 Request succeeded
  detailResult TNType 1000 Request succeeded
offer: 1000 Request succeeded
the peer's open offers: 1000 Request succeeded SG_LIFE
the peer accepts: 1000 Request succeeded
the peer reads: 1000 Request succeeded SedGrpType iana-en:225 NAPTRType sip:\\1@sbe1.ssp2.example
the peer's egress route: 1000 Request succeeded
the peer reads: 1000 Request succeeded EgrRteType SG_LIFE
the offer: 1000 Request succeeded accepted
add the read objects again: 1000 Request succeeded
  detailResult TNType 1000 Request succeeded
batch: 1000 Request succeeded
batch with a mistake: 2100 Command invalid
  delResult PubIdKeyType 2102 Object does not exist AttrName:value AttrVal:+1202556 (object 2)
numbers with a mistake: 2100 Command invalid
  detailResult TNType 2101 Attribute value invalid AttrName:tn AttrVal:+1202555ABCD (not digits 0 to 9 after an optional +; object 2)
the same in part: 2100 Command invalid (partial success, 2 of 3 applied)
  detailResult TNType 2101 Attribute value invalid AttrName:tn AttrVal:+1202555ABCD (not digits 0 to 9 after an optional +; object 2)
get: 1000 Request succeeded +12025550101 +12025550103
the peer rejects: 1000 Request succeeded
the peer deletes: 1000 Request succeeded
delete: 1000 Request succeeded
delete again: 2100 Command invalid
  detailResult ObjKeyType 2102 Object does not exist AttrName:name AttrVal:SG_LIFE (object 1)
get: 1000 Request succeeded 0 objects
`;

const first = `1000 Request succeeded
2100 Command invalid (partial success, 1 of 2 applied)
TNType 2101 Attribute value invalid AttrName:tn AttrVal:+1202555ABCD (not digits 0 to 9 after an optional +; object 2)
`;

/** Valid and invalid numbers. For some rows the answer has only their position. */
const numbers = `number,destination group
+12025550100,DG_ROWS
+1 (202) 555-0101,DG_ROWS
+12025550102,DG_NONE
n/a,DG_ROWS
+12025550100,DG_ROWS
,DG_ROWS
"+1,202",DG_ROWS
+12025550103,
n/a,DG_ROWS
+120255501040000000000,DG_ROWS

  +12025550105  ,DG_ROWS
"+12025550106","DG_ROWS",more
+12025550107\u00a0,DG_ROWS
1.2025550108E+10,DG_ROWS
'+12025550109,DG_ROWS
+٣٤٥,DG_ROWS
`;

/** Row, code, element at fault and its value, for each failed row. */
const failedRows = `3,2101,tn,+1 (202) 555-0101
4,2102,dgName,DG_NONE
5,2101,tn,n/a
7,2101,tn,
8,2101,tn,"+1,202"
10,2101,tn,n/a
11,2101,tn,+120255501040000000000
15,2101,tn,+12025550107\u00a0
16,2101,tn,1.2025550108E+10
17,2101,tn,'+12025550109
18,2101,tn,+٣٤٥
`;

/** For one command: a busy machine takes minutes to generate classes from a WSDL. */
const CLIENT_TIMEOUT_MS = 300_000;

/** A command with its arguments so far. */
type Command = readonly [string, ...string[]];

interface Toolkit {
  readonly name: string;
  /** The anchor of its heading in docs/clients.md. */
  readonly heading: string;
  /** Commands that succeed only if the toolkit is installed. */
  readonly present: readonly Command[];
  readonly packages: string;
  /** A script that builds the programs. Its arguments are the URL of a server and the programs. */
  readonly make?: { readonly script: string; readonly programs: readonly string[] };
  readonly life?: { readonly command: Command; readonly versions: readonly string[] };
  readonly first: Command;
  readonly rows?: Command;
  /** The algorithms of its Digest. If the server offers both, the toolkit uses the first of these. */
  readonly algorithms: readonly ('MD5' | 'SHA-256')[];
  /** The versions of SOAP that it speaks, the default one first. */
  readonly soap: readonly string[];
  /** Whether it sends `Expect: 100-continue`. */
  readonly expects?: true;
  /** Whether it sends user name and password in clear before a challenge. */
  readonly sendsPassword?: true;
}

const python = ['python3', '/usr/bin/python3'].find((each) => isThere([each, '-c', 'import zeep'])) ?? 'python3';
const php = ['php', '-d', 'soap.wsdl_cache_enabled=0'] as const;
const java = ['java', '-cp', '.:/usr/share/java/jaxws-rt.jar'] as const;
const bothVersions = ['1.1', '1.2'];

const toolkits: readonly Toolkit[] = [
  {
    name: 'soap for Node.js',
    heading: 'nodejs',
    present: [['node', '--version']],
    packages: 'npm install',
    life: { command: ['node', join(here, 'life.mjs')], versions: bothVersions },
    first: ['node', join(here, 'first.mjs')],
    rows: ['node', join(here, 'rows.mjs')],
    algorithms: ['SHA-256'],
    soap: bothVersions,
  },
  {
    name: 'zeep for Python',
    heading: 'python',
    present: [[python, '-c', 'import zeep']],
    packages: 'apt-get install python3-zeep',
    life: { command: [python, join(here, 'life.py')], versions: bothVersions },
    first: [python, join(here, 'first.py')],
    rows: [python, join(here, 'rows.py')],
    algorithms: ['SHA-256', 'MD5'],
    soap: bothVersions,
  },
  {
    name: "PHP's SoapClient",
    heading: 'php',
    present: [['php', '-r', 'exit(extension_loaded("soap") ? 0 : 1);']],
    packages: 'apt-get install php-cli php-soap',
    life: { command: [...php, join(here, 'life.php')], versions: bothVersions },
    first: [...php, join(here, 'first.php')],
    rows: [...php, join(here, 'rows.php')],
    algorithms: ['MD5'],
    soap: bothVersions,
    sendsPassword: true,
  },
  {
    name: 'gSOAP',
    heading: 'gsoap',
    present: [
      ['soapcpp2', '-V'],
      ['g++', '--version'],
      ['test', '-f', '/usr/share/gsoap/plugin/httpda.c'],
      ['test', '-f', '/usr/include/stdsoap2.h'],
      ['test', '-f', '/usr/include/openssl/ssl.h'],
    ],
    packages: 'apt-get install g++ gsoap libgsoap-dev libssl-dev',
    make: { script: 'gsoap.sh', programs: ['life.cpp', 'first.cpp'] },
    life: { command: ['./life'], versions: ['1.2'] },
    first: ['./first'],
    algorithms: ['MD5', 'SHA-256'],
    soap: ['1.2', '1.1'],
  },
  {
    name: 'JAX-WS for Java',
    heading: 'java',
    present: [
      ['wsimport', '-version'],
      ['javac', '-version'],
      ['test', '-f', '/usr/share/java/jaxws-rt.jar'],
    ],
    packages: 'apt-get install default-jdk-headless jaxws',
    make: { script: 'java.sh', programs: ['Digest.java', 'Life.java', 'First.java', 'Rows.java'] },
    life: { command: [...java, 'Life'], versions: bothVersions },
    first: [...java, 'First'],
    rows: [...java, 'Rows'],
    algorithms: ['SHA-256', 'MD5'],
    soap: bothVersions,
  },
  {
    name: 'web services of .NET, in Mono',
    heading: 'net',
    present: [
      ['mono', '--version'],
      ['mcs', '--version'],
      ['sh', '-c', 'command -v wsdl2'],
    ],
    packages: 'apt-get install mono-devel mono-mcs',
    make: { script: 'mono.sh', programs: ['First.cs', 'Rows.cs'] },
    first: ['mono', 'First.exe'],
    rows: ['mono', 'Rows.exe'],
    algorithms: ['MD5'],
    soap: ['1.1'],
    expects: true,
  },
];

describe.each(toolkits)('$name', (toolkit) => {
  const { name, present, packages, make, life: whole, first: program, rows } = toolkit;
  const isMissing = !present.every(isThere);
  if (isMissing) process.stderr.write(`clients.test.ts skips ${name}: not on this machine (${packages})\n`);

  describe.skipIf(isMissing)('with our WSDL alone', { timeout: CLIENT_TIMEOUT_MS }, () => {
    let server: TestServer;
    let directory: string;
    const runClient = async ([command, ...its]: Command, ...more: string[]) => {
      const { stdout } = await run(command, [...its, ...more], { cwd: directory, timeout: CLIENT_TIMEOUT_MS, env });
      return stdout;
    };

    beforeAll(async () => {
      server = await startServer();
      directory = mkdtempSync(join(tmpdir(), 'sppp-clients-'));
      if (make !== undefined) {
        await runClient(['sh', join(here, make.script)], server.url, ...make.programs.map((each) => join(here, each)));
      }
    }, 2 * CLIENT_TIMEOUT_MS);
    afterAll(async () => {
      await server.close();
      rmSync(directory, { recursive: true });
    });

    it.each(whole?.versions ?? [])('carries out a whole peering in SOAP %s', async (version) => {
      const command = whole?.command ?? ['false'];
      expect(await runClient(command, server.url, ...(whole?.versions.length === 2 ? [version] : []))).toBe(life);
      const [left] = await server.sql('SELECT count(*)::int AS rows FROM sppp.public_identifier');
      expect(left).toEqual({ rows: 0 });
    });

    it('runs the program of docs/clients.md', async () => {
      expect(await runClient(program, server.url, 'ssp2r', 'ssp2r')).toBe(first);
    });

    it.runIf(rows)('maps every failure to the row of a file', async () => {
      await server.post(addRequest(destGrp('DG_ROWS')));
      writeFileSync(join(directory, 'numbers.csv'), numbers);
      // Three rows in a request, so that the position in a request is not the number of the row.
      expect(await runClient(rows ?? ['false'], server.url, 'ssp2r', 'ssp2r', 'numbers.csv', '3')).toBe(failedRows);
      const [stored] = await server.sql('SELECT count(*)::int AS rows FROM sppp.public_identifier');
      expect(stored).toEqual({ rows: 4 });
      const stay = ['0', '3', '5', '6'].map((last) => numberKey('TN', `1202555010${last}`));
      await server.post(delRequest(...stay));
    });

    it('logs in and sends requests as docs/clients.md says', async () => {
      const recorded = await startRecordingProxy(server.url);
      try {
        expect(await runClient(program, recorded.url, 'ssp2r', 'ssp2r')).toBe(first);
        const heads = recorded.heads();
        const all = (pattern: RegExp) => heads.filter((head) => pattern.test(head));
        expect(
          new Set(heads.flatMap((head) => /^authorization: Digest .*algorithm="?([\w-]+)/m.exec(head)?.[1] ?? [])),
        ).toEqual(new Set(toolkit.algorithms.slice(0, 1)));
        const is12 = toolkit.soap[0] === '1.2';
        expect(all(is12 ? /^content-type: application\/soap\+xml/m : /^content-type: text\/xml/m)).toEqual(heads);
        expect(all(/^expect: 100-continue/m)).toEqual(toolkit.expects ? heads : []);
        expect(all(/^authorization: Basic /m).length > 0).toBe(toolkit.sendsPassword ?? false);
      } finally {
        await recorded.close();
      }
    });

    it.each([
      ['off', 'SHA-256'],
      ['only', 'MD5'],
    ] as const)('logs in with SPPP_DIGEST_MD5=%s if it has %s', async (setting, offered) => {
      const strict = await startServer({ settings: { SPPP_DIGEST_MD5: setting } });
      try {
        const printed = await answerOf(runClient(program, strict.url, 'ssp2r', 'ssp2r'));
        if (toolkit.algorithms.includes(offered)) expect(printed).toBe(first);
        else expect(printed).not.toContain('1000');
      } finally {
        await strict.close();
      }
    });

    // After all others: some toolkits repeat a wrong password until they get 429.
    it('cannot log in with a wrong password', async () => {
      expect(await answerOf(runClient(program, server.url, 'ssp2r', 'wrong'))).not.toContain('1000');
    });
  });
});

describe('curl', () => {
  it('runs the commands of docs/clients.md', async () => {
    const server = await startServer();
    const directory = mkdtempSync(join(tmpdir(), 'sppp-clients-'));
    try {
      const { stdout } = await run('sh', [join(here, 'curl.sh'), server.url, 'ssp2r', 'ssp2r'], {
        cwd: directory,
        env,
      });
      expect(stdout.match(/<code>\d+<\/code><msg>[^<]*/g)).toEqual(
        Array(2).fill('<code>1000</code><msg>Request succeeded'),
      );
    } finally {
      await server.close();
      rmSync(directory, { recursive: true });
    }
  });
});

describe('docs/clients.md', () => {
  const page = readFileSync(new URL('../../docs/clients.md', import.meta.url), 'utf8');

  it.each([
    ['sh', 'curl.sh'],
    ['js', 'digest-http-client.mjs'],
    ['js', 'first.mjs'],
    ['python', 'first.py'],
    ['php', 'first.php'],
    ['sh', 'gsoap.sh'],
    ['cpp', 'first.cpp'],
    ['sh', 'java.sh'],
    ['java', 'First.java'],
    ['java', 'Digest.java'],
    ['sh', 'mono.sh'],
    ['csharp', 'First.cs'],
  ])('has the %s program that the tests run: %s', (language, file) => {
    expect(page).toContain(`\`\`\`${language}\n${readFileSync(join(here, file), 'utf8')}\`\`\``);
  });

  it('has the output of the programs', () => {
    expect(page).toContain(`\`\`\`\n${first}\`\`\``);
  });

  it.each(toolkits)('names the Digest algorithms and the SOAP versions of $name', ({ heading, algorithms, soap }) => {
    const [row = ''] = page.split('\n').filter((line) => line.startsWith('|') && line.includes(`](#${heading})`));
    expect(row.split(' | ').slice(2, 4)).toEqual([algorithms.join(', '), soap.join(', ')]);
  });

  it.each(toolkits)('names the packages of $name', ({ packages }) => {
    expect(page).toContain(packages.replace(/^apt-get install /, ''));
  });
});

/** Without a proxy between a program and the server. */
const env = { ...process.env, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };

function isThere([command, ...its]: Command): boolean {
  return spawnSync(command, its, { stdio: 'ignore' }).status === 0;
}

/** The output of a program, whatever its exit code. */
async function answerOf(printed: Promise<string>): Promise<string> {
  try {
    return await printed;
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && 'code' in error && typeof error.code === 'number') {
      return String(error.stdout);
    }
    throw error;
  }
}
