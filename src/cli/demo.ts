import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Pool } from 'pg';
import { type Config, readConfig } from '../config.js';
import { Environment } from '../environment.js';
import { mayServeCleartext } from '../http/cleartext.js';
import { randomPassword } from '../http/random-password.js';
import type { Disturb } from '../intake/request.js';
import { OperatorError } from '../operator-error.js';
import { addCredential, addGrant, findCredential, makeOrganization } from '../registry/access/administration.js';
import { findStoredObject } from '../registry/journal/journalled-requests.js';
import type { PrismaClient } from '../registry/prisma-client/client.js';
import { database } from '../settings/database.js';
import { checkPassword } from '../values/password.js';
import { shellWord } from '../values/shell-word.js';
import type { Announcement } from './announce-server.js';
import { sendExamples } from './demo-data.js';
import { demoLogins } from './demo-logins.js';
import { jsonOption } from './output.js';
import { secretsOf } from './password.js';
import type { OpenRegistry } from './registry.js';
import { type Listening, serveUntilStopped } from './serve.js';
import { readText } from './text-file.js';

/** The organizations of the RFC's examples (RFC 7878 §10), each with its registrar. */
const providers = [
  { registrant: 'iana-en:111', name: 'SSP1', registrar: 'iana-en:111', registrarName: 'SSP1', username: 'ssp1' },
  {
    registrant: 'iana-en:222',
    name: 'SSP2',
    registrar: 'iana-en:223',
    registrarName: 'Registrar of SSP2',
    username: 'ssp2r',
  },
  { registrant: 'iana-en:225', name: 'SSP3', registrar: 'iana-en:225', registrarName: 'SSP3', username: 'ssp3' },
  { registrant: 'iana-en:226', name: 'SSP4', registrar: 'iana-en:226', registrarName: 'SSP4', username: 'ssp4' },
] as const;

interface Options {
  readonly withData?: boolean;
  readonly scenario?: string;
  readonly json?: boolean;
}

/** `sppp demo`: serves with the organizations of the RFC's examples, so that its messages work as printed. */
export function demoCommand(): Command {
  return new Command('demo')
    .option('--with-data', 'provision the example registry of README.md and docs/sql.md')
    .option('--scenario <file>', 'make requests fail as the rules in a JSON file say: see docs/carriers.md')
    .addOption(jsonOption())
    .description('serve with the organizations of the RFC examples')
    .action(async ({ withData = false, scenario, ...options }: Options) => {
      const config = readConfig({ SPPP_LOG_LEVEL: 'warn', ...process.env, SPPP_WORKERS: '1' });
      const simulator = scenario === undefined ? undefined : await simulatorOf(scenario);
      const given = database.demoPassword.read(new Environment(process.env));
      refuseWeak(config, given);
      const prepare = async ({ deps, registry, url }: Listening) => {
        const { prisma, pool } = deps.database;
        const made = await demoLogins(config.dataDir, usernames);
        const logins = await makeDemo(prisma, (username) => given ?? made.get(username) ?? randomPassword(), given);
        const sent =
          withData && !(await isProvisioned(pool)) ? await sendExamples(`${url}/sppp`, passwordsOf(logins)) : 0;
        const message = await writeMessage(config.dataDir);
        simulator?.begin();
        return announcement({ url, registry, logins, sent, message, rules: simulator?.rules });
      };
      await serveUntilStopped(config, options, prepare, simulator?.disturb);
    });
}

/** Makes requests fail as a scenario says. */
interface Simulator {
  /** How many rules it has. */
  readonly rules: number;
  /** Leaves the requests alone that come before `begin`: those of the demo itself. */
  readonly disturb: Disturb;
  begin(): void;
}

/**
 * Loads the simulator, which no other command does: a server that serves has none of its code.
 *
 * @throws OperatorError with a line for each fault of the file
 */
async function simulatorOf(file: string): Promise<Simulator> {
  const [{ readScenario }, { simulate }] = await Promise.all([
    import('../simulator/scenario.js'),
    import('../simulator/simulator.js'),
  ]);
  const rules = readScenario(file, await readText(file));
  const simulated = simulate(rules);
  let hasBegun = false;
  return {
    rules: rules.length,
    disturb: (request, cut) => (hasBegun ? simulated(request, cut) : request),
    begin: () => {
      hasBegun = true;
    },
  };
}

const usernames = providers.map(({ username }) => username);

/** Throws OperatorError for a weak password, unless the demo listens on loopback, where strangers cannot guess it. */
function refuseWeak(config: Config, password: string | undefined): void {
  if (password === undefined || mayServeCleartext(config.host, false)) return;
  for (const username of usernames) {
    const refusal = checkPassword(username, password);
    if (refusal === undefined) continue;
    throw new OperatorError(`SPPP_DEMO_PASSWORD: ${refusal.error}; on loopback it may be weak`); // no value: a secret
  }
}

/** A login of the demo; its password is undefined if it was changed since. */
interface Login {
  readonly username: string;
  readonly password: string | undefined;
}

/**
 * Makes the organizations, grants and credentials that do not exist yet. Existing ones stay as they are, except that `given`
 * becomes the password of all.
 */
async function makeDemo(
  prisma: PrismaClient,
  passwordOf: (username: string) => string,
  given: string | undefined,
): Promise<Login[]> {
  const logins: Login[] = [];
  for (const { registrant, name, registrar, registrarName, username } of providers) {
    const password = passwordOf(username);
    const secrets = secretsOf(username, password);
    const known = await findCredential(prisma, username);
    if (known === undefined) {
      await makeOrganization(prisma, registrant, name);
      await makeOrganization(prisma, registrar, registrarName);
      await addGrant(prisma, registrar, registrant);
    }
    const isSame = known?.ha1Sha256 === secrets.ha1Sha256;
    const isChanged = known === undefined || (given !== undefined && known.registrar === registrar && !isSame);
    if (isChanged) await addCredential(prisma, { registrar, username, label: known ? undefined : 'demo', ...secrets });
    logins.push({ username, password: isChanged || isSame ? password : undefined });
  }
  return logins;
}

const passwordsOf = (logins: readonly Login[]) =>
  new Map(logins.flatMap(({ username, password }) => (password === undefined ? [] : [[username, password] as const])));

/** Whether the examples were sent already: the last of their organizations has its object. */
async function isProvisioned(pool: Pool): Promise<boolean> {
  return (await findStoredObject(pool, 'iana-en:225', 'SedGrp', 'transit_group')) !== undefined;
}

interface Started {
  readonly url: string;
  readonly registry: OpenRegistry;
  readonly logins: readonly Login[];
  readonly sent: number;
  readonly message: string;
  /** How many rules the scenario has; undefined without one. */
  readonly rules: number | undefined;
}

function announcement({ url, registry, logins, sent, message, rules }: Started): Announcement {
  const curl = curlLine(`${url}/sppp`, passwordsOf(logins).get('ssp2r'), message);
  const unknown = '(changed since: sppp credential add makes a new password)';
  return {
    lines: [
      `data    ${registry.location}`,
      `sql     psql ${shellWord(registry.url)}`,
      `wsdl    ${url}/sppp?wsdl`,
      ...logins.map(({ username, password }) => `login   ${username} ${password ?? unknown}`),
      ...(rules === undefined ? [] : [`rules   ${rules} of the scenario: requests fail as they say`]),
      ...(sent > 0 ? [`loaded  ${sent} messages: the registry of README.md and docs/sql.md`] : []),
      '',
      'add a destination group:',
      curl,
      '',
    ],
    value: {
      ...{ data: registry.location, sql: registry.url, wsdl: `${url}/sppp?wsdl`, messages: sent, curl },
      ...(rules === undefined ? {} : { rules }),
      logins: logins.map(({ username, password = null }) => ({ username, password })),
    },
  };
}

const message = `<?xml version="1.0" encoding="UTF-8"?>
<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:s="urn:ietf:params:xml:ns:sppf:soap:1" xmlns:b="urn:ietf:params:xml:ns:sppf:base:1"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <S:Body>
    <s:spppAddRequest>
      <clientTransId>demo_1</clientTransId>
      <obj xsi:type="b:DestGrpType">
        <b:rant>iana-en:222</b:rant>
        <b:rar>iana-en:223</b:rar>
        <b:dgName>DEST_GRP_SSP2_1</b:dgName>
      </obj>
    </s:spppAddRequest>
  </S:Body>
</S:Envelope>
`;

/** A file, since a message on a command line is hard to read and harder to change. */
async function writeMessage(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = resolve(folder, 'add-destination-group.xml');
  await writeFile(file, message);
  return file;
}

/** Without a password, curl asks for it. */
function curlLine(url: string, password: string | undefined, file: string): string {
  const login = password === undefined ? 'ssp2r' : `ssp2r:${password}`;
  const words = ['--digest', '-u', login, '-H', 'Content-Type: text/xml', '--data-binary', `@${file}`, url];
  return ['curl', ...words].map(shellWord).join(' ');
}
