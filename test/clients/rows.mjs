/**
 * Adds the numbers of a CSV file, `number,destination group` in each row, and prints the failed rows and their reasons.
 *
 * Usage: node rows.mjs http://host:port username password numbers.csv [rows at once]
 */

import { readFileSync } from 'node:fs';
import { createClientAsync } from 'soap';
import { DigestHttpClient } from './digest-http-client.mjs';

const [server, username, password, file, atOnce = '2000'] = process.argv.slice(2);
const httpClient = new DigestHttpClient(username, password);
// Values are wanted as they were sent, with the blanks that JavaScript would trim, such as U+00A0.
const options = { httpClient, preserveWhitespace: true };
const client = await createClientAsync(`${server}/sppp/partial?wsdl`, options);

function number([tn, group = '']) {
  return {
    attributes: { 'xsi:type': 'sppfb:TNType' },
    'sppfb:rant': 'iana-en:222',
    'sppfb:rar': 'iana-en:223',
    ...(group === '' ? {} : { 'sppfb:dgName': [group] }),
    'sppfb:tn': tn,
  };
}

/** The server's element in the ext of each object that failed; elements of others have other names. */
function failures({ detailResult = [] }) {
  return detailResult
    .filter(({ code }) => Number(code) !== 1000)
    .map(({ code, obj }) => {
      const { index, attrName, attrVal } = [obj.ext.failure].flat().at(-1);
      return { index: Number(index), code, attrName, attrVal: attrVal ?? '' };
    });
}

/** Fields of a line, in quotes or not; a file with line breaks inside of quotes needs more than this. */
function fieldsOf(line) {
  const fields = line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g);
  return [...fields].map(([, field]) => field.replace(/^"(.*)"$/, '$1').replaceAll('""', '"')).slice(0, 2);
}

function quoted(field) {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

// Rows are counted by line, from 1; a heading and blank lines are none.
const lines = readFileSync(file, 'utf8').split(/\r?\n/);
const rows = lines
  .map((line, at) => [at + 1, fieldsOf(line)])
  .filter(([at, [tn]]) => lines[at - 1] !== '' && tn !== 'number');
for (let start = 0; start < rows.length; start += Number(atOnce)) {
  const some = rows.slice(start, start + Number(atOnce));
  const [answer] = await client.submitAddRqstAsync({ obj: some.map(([, fields]) => number(fields)) });
  const { code, msg } = answer.overallResult;
  if (![1000, 2100].includes(Number(code))) throw new Error(`row ${some[0][0]} and on: ${code} ${msg}`);
  for (const { index, code, attrName, attrVal } of failures(answer)) {
    process.stdout.write(`${[some[index - 1][0], code, attrName, attrVal].map(String).map(quoted).join(',')}\n`);
  }
}
