import { createClientAsync } from 'soap';
import { DigestHttpClient } from './digest-http-client.mjs';

const [server, username, password] = process.argv.slice(2);
const httpClient = new DigestHttpClient(username, password);

/** The mode is in the URL of the WSDL; the address of the service is in the WSDL. */
function connect(path) {
  return createClientAsync(`${server}${path}?wsdl`, { httpClient });
}

/** The package needs the namespace of each element of an object, and writes the elements in the order given. */
function obj(type, values) {
  const elements = Object.entries({ rant: 'iana-en:222', rar: 'iana-en:223', ...values });
  const prefixed = Object.fromEntries(elements.map(([name, value]) => [`sppfb:${name}`, value]));
  return { attributes: { 'xsi:type': `sppfb:${type}` }, ...prefixed };
}

function show([{ overallResult, detailResult = [] }]) {
  const lines = detailResult.map(({ code, msg, obj }) => `${obj.attributes['xsi:type'].split(':')[1]} ${code} ${msg}`);
  process.stdout.write(`${[`${overallResult.code} ${overallResult.msg}`, ...lines].join('\n')}\n`);
}

let client = await connect('/sppp');
show(await client.submitAddRqstAsync({ clientTransId: 'first-1', obj: [obj('DestGrpType', { dgName: 'DG_FIRST' })] }));
client = await connect('/sppp/partial');
const numbers = ['+12025550100', '+1202555ABCD'].map((tn) => obj('TNType', { dgName: ['DG_FIRST'], tn }));
show(await client.submitAddRqstAsync({ clientTransId: 'first-2', obj: numbers }));
