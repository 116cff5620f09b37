import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { readConfig } from '../config.js';
import { addCredential, addGrant, addOrganization } from '../registry/administration.js';
import type { PrismaClient } from '../registry/prisma-client/client.js';
import { secretsOf } from './credential.js';
import { randomPassword } from './random-password.js';
import { serveUntilStopped } from './serve.js';

/** The organizations of the RFC's examples (RFC 7878 §10), each with who acts for it. */
const providers = [
  { registrant: 'iana-en:111', name: 'SSP1', registrar: 'iana-en:111', username: 'ssp1' },
  { registrant: 'iana-en:222', name: 'SSP2', registrar: 'iana-en:223', username: 'ssp2r' },
  { registrant: 'iana-en:225', name: 'SSP3', registrar: 'iana-en:225', username: 'ssp3' },
  { registrant: 'iana-en:226', name: 'SSP4', registrar: 'iana-en:226', username: 'ssp4' },
] as const;

/** `sppp demo`: serves with the organizations of the RFC's examples, so that its messages run as printed. */
export function demoCommand(): Command {
  return new Command('demo').description('serve with the organizations of the RFC examples').action(async () => {
    const config = readConfig({ SPPP_LOG_LEVEL: 'warn', ...process.env });
    await serveUntilStopped(config, async ({ database }, registry) => {
      const passwords = await makeDemo(database.prisma, process.env.SPPP_DEMO_PASSWORD || undefined);
      const message = await writeMessage(config.dataDir);
      return (url) => [
        `data    ${registry.place}`,
        `sql     psql '${registry.url}'`,
        `wsdl    ${url}/sppp?wsdl`,
        ...[...passwords].map(([username, password]) => `login   ${username} ${password}`),
        '',
        'add a destination group:',
        curlLine(`${url}/sppp`, passwords.get('ssp2r') ?? '', message),
        '',
      ];
    });
  });
}

/** Makes the organizations, grants and credentials; user names with their passwords, which are new each time. */
async function makeDemo(prisma: PrismaClient, password: string | undefined): Promise<Map<string, string>> {
  await addOrganization(prisma, 'iana-en:223', 'Registrar of SSP2');
  const passwords = new Map<string, string>();
  for (const { registrant, name, registrar, username } of providers) {
    await addOrganization(prisma, registrant, name);
    await addGrant(prisma, registrar, registrant);
    const given = password ?? randomPassword();
    passwords.set(username, given);
    await addCredential(prisma, { registrar, username, label: 'demo', ...secretsOf(username, given) });
  }
  return passwords;
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

function curlLine(url: string, password: string, file: string): string {
  return `curl --digest -u ssp2r:${password} -H 'Content-Type: text/xml' --data-binary @${file} ${url}`;
}
