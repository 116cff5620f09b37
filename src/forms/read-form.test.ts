import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { faultText } from './fault.js';
import type { FormLine, FormOptions } from './form-line.js';
import { formBatches } from './read-form.js';

const owner: FormOptions = { rant: 'iana-en:222', rar: 'iana-en:223' };

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function linesIn(bytes: string | Buffer, options: FormOptions = owner): Promise<FormLine[]> {
  const all: FormLine[] = [];
  const whole = Buffer.from(bytes);
  const chunks = pieces(whole, whole.length > 10_000 ? 10_000 : 5);
  for await (const lines of formBatches(chunks, 'n.csv', options)) all.push(...lines);
  return all;
}

/** The line of each good number with its digits, and the text of every fault. */
async function told(bytes: string | Buffer, options?: FormOptions): Promise<string[]> {
  return (await linesIn(bytes, options)).flatMap((line) => {
    if ('faults' in line) return line.faults.map(faultText);
    const { subject } = line.item;
    return [`${line.line} ${subject.kind === 'TNType' ? `${subject.tn} ${subject.dgName.join('|')}` : subject.kind}`];
  });
}

/** A list of numbers as it comes from a spreadsheet. */
const messy = [
  'tn,dgName',
  '+12025550100,GRP_WEST',
  '+1 (202) 555-0101,GRP_WEST',
  '0012025550102,GRP_WEST',
  '12025550103,GRP_WEST',
  'n/a,GRP_WEST',
  ',GRP_WEST',
  '+12025550104,',
  '+12025550104,GRP_WEST',
  '  +12025550105  ,GRP_WEST',
  '"+12025550106","GRP_WEST"',
  '1.2025550108E+10,GRP_WEST',
  "'+12025550109,GRP_WEST",
  '+1202555011O,GRP_WEST',
  '+12025550111,GRP WEST',
  '+12025550112,GRP_WEST,extra',
  '',
  '+120255501131234567890,GRP_WEST',
  '+\u0663\u0664\u0665,GRP_WEST',
  '+12025550114\u00a0,GRP_WEST',
  'tel:+12025550115,GRP_WEST',
  '+12025550116;ext=7,GRP_WEST',
  '"+12025550117,GRP_WEST',
  '',
].join('\r\n');

const exact = 'not digits 0 to 9 after an optional +';
const people = `${exact}; --normalize reads numbers as people write them`;

describe('a list of numbers from a spreadsheet', () => {
  it('has a verdict on each line, with numbers exact', async () => {
    expect(await told(messy)).toEqual([
      '2 +12025550100 GRP_WEST',
      `n.csv: line 3, column 1: tn '+1 (202) 555-0101': ${people}`,
      '4 0012025550102 GRP_WEST',
      '5 12025550103 GRP_WEST',
      `n.csv: line 6, column 1: tn 'n/a': ${exact}`,
      "n.csv: line 7, column 1: tn '': needed",
      '8 +12025550104 ',
      "n.csv: line 9, column 1: '+12025550104': the same object as on line 8, which counts",
      '10 +12025550105 GRP_WEST',
      '11 +12025550106 GRP_WEST',
      `n.csv: line 12, column 1: tn '1.2025550108E+10': ${exact}; make the column one of text in the spreadsheet`,
      `n.csv: line 13, column 1: tn ''+12025550109': ${exact}`,
      `n.csv: line 14, column 1: tn '+1202555011O': ${exact}`,
      '15 +12025550111 GRP WEST',
      "n.csv: line 16, column 3: 'extra': 3 fields; the header has 2",
      "n.csv: line 18, column 1: tn '+120255501131234567890': more than 20 characters",
      `n.csv: line 19, column 1: tn '+\u0663\u0664\u0665': ${exact}`,
      `n.csv: line 20, column 1: tn '+12025550114\u00a0': ${people}`,
      `n.csv: line 21, column 1: tn 'tel:+12025550115': ${people}`,
      `n.csv: line 22, column 1: tn '+12025550116;ext=7': ${exact}`,
      "n.csv: line 23, column 1: '\"+12025550117,GRP_WEST': quotes around a whole field only, and doubled inside",
    ]);
  });

  it('is read as people write numbers, if asked for', async () => {
    const lines = await told(messy, { ...owner, normalize: true, country: 'US' });
    expect(lines.filter((line) => /^\d/.test(line))).toEqual([
      '2 +12025550100 GRP_WEST',
      '3 +12025550101 GRP_WEST',
      '5 +12025550103 GRP_WEST',
      '8 +12025550104 ',
      '10 +12025550105 GRP_WEST',
      '11 +12025550106 GRP_WEST',
      '15 +12025550111 GRP WEST',
      '20 +12025550114 GRP_WEST',
      '21 +12025550115 GRP_WEST',
    ]);
    expect(lines).toContain(
      "n.csv: line 22, column 1: tn '+12025550116;ext=7': a number with an extension is no number of a registry",
    );
    expect(lines.length).toBe(21);
  });

  it('needs a country for numbers without +, and takes its prefixes', async () => {
    const text = 'tn\n001 202 555 0100\n0171 1234567\n';
    expect(await told(text, { ...owner, normalize: true })).toEqual([
      "n.csv: line 2, column 1: tn '001 202 555 0100': a number without + needs --country",
      "n.csv: line 3, column 1: tn '0171 1234567': a number without + needs --country",
    ]);
    expect(await told(text, { ...owner, normalize: true, country: 'DE' })).toEqual([
      '2 +12025550100 ',
      '3 +491711234567 ',
    ]);
    await expect(told(text, { ...owner, country: 'us' })).rejects.toThrow('--country us: a country by two capital');
  });
});

describe('a header', () => {
  it('with unknown, repeated and missing columns is refused with all of them', async () => {
    await expect(told('tn,dgName,tn,,carrier\n', {})).rejects.toThrow(
      [
        "n.csv: line 1, column 3: 'tn': a column once",
        "n.csv: line 1, column 4: '': no column; tn has rant, rar, cDate, mDate, ext, dgName, tn, corClaim, cor, corDate, sedRecRef",
        "n.csv: line 1, column 5: 'carrier': no column; tn has rant, rar, cDate, mDate, ext, dgName, tn, corClaim, cor, corDate, sedRecRef",
        "n.csv: line 1: 'rant': a column of tn that is missing, and there is no --rant",
        "n.csv: line 1: 'rar': a column of tn that is missing, and there is no --rar",
      ].join('\n'),
    );
  });

  it.each([
    ['number,destination_group', "column 1: 'number': a column of no kind"],
    ['number,destination_group', "column 2: 'destination_group': a column of no kind"],
    ['rant;rar;tn', 'the columns are separated by commas'],
    ['tn,dgN\xe4me', 'not UTF-8; save the file as UTF-8'],
    ['"tn,dgName', 'quotes around a whole field only'],
    [
      'PK\x03\x04\x14\x00',
      "column 1: 'PK\\u0003\\u0004\\u0014\\u0000': a spreadsheet or another archive; save it as CSV",
    ],
    ['t\x00n\x00,\x00', "column 1: 't\\u0000n\\u0000': no UTF-8; save the file as UTF-8, or as UTF-16"],
  ])('%j is refused: %s', async (header, rule) => {
    await expect(told(Buffer.from(`${header}\n1,2\n`.trim(), 'latin1'))).rejects.toThrow(rule);
  });

  it('says how many fields a line has', async () => {
    expect(await told('tn,dgName\n1\n')).toEqual(["n.csv: line 2, column 2: '': 1 field; the header has 2"]);
  });

  it('must be there', async () => {
    for (const empty of ['', '\uFEFF', '\n \n']) await expect(told(empty)).rejects.toThrow('the names of the columns');
    expect(await told('tn\n')).toEqual([]);
  });

  it.each([
    ['rant,rar,dgName', 'DestGrpType', 'a:b,a:b,GRP'],
    ['tn,rant,rar', 'TNType', '1,a:b,a:b'],
    ['RANT,rar,startrange,endRange', 'TNRType', 'a:b,a:b,1,2'],
    ['rant,rar,tnPrefix,corClaim', 'TNPType', 'a:b,a:b,1,true'],
    ['rant,rar,rn', 'RNType', 'a:b,a:b,1'],
    ['rant,rar,uri,dgName', 'URIPubIdType', 'a:b,a:b,sip:a,GRP'],
    ['rant,rar,sedName,isInSvc,order,svcs,repl', 'NAPTRType', 'a:b,a:b,REC,true,1,E2U+sip,a.example'],
    ['rant,rar,sedName,isInSvc,hostName', 'NSType', 'a:b,a:b,REC,1,a.example'],
    ['rant,rar,sedName,isInSvc,ere,uri', 'URIType', 'a:b,a:b,REC,1,,sip:a'],
    ['rant,rar,sedGrpName,isInSvc,priority', 'SedGrpType', 'a:b,a:b,GRP,1,5'],
    ['rant,rar,sedGrpName,offeredTo,status', 'SedGrpOfferType', 'a:b,a:b,GRP,c:d,whatever'],
    ['rant,rar,egrRteName,pref,regxRewriteRule', 'EgrRteType', 'a:b,a:b,RTE,1,"{""ere"":""."",""repl"":""a""}"'],
  ])('%s is one of %s', async (header, kind, line) => {
    const [read] = await linesIn(`${header}\n${line}\n`, {});
    expect(read).toMatchObject({ line: 2, item: { verb: 'add', subject: { kind } } });
  });

  it('takes registrant and registrar of lines that name none from the options', async () => {
    const lines = await linesIn('rant,tn\n,1\na:b,2\n');
    expect(lines).toMatchObject([
      { item: { subject: { rant: 'iana-en:222', rar: 'iana-en:223', tn: '1' } } },
      { item: { subject: { rant: 'a:b', rar: 'iana-en:223', tn: '2' } } },
    ]);
  });
});

describe('lines', () => {
  it('tell all faults, each with its column', async () => {
    const ref = '"[{""sedKey"":{""rant"":""x"",""name"":""REC"",""type"":""DestGrp""},""priority"":-1,""prio"":1}]"';
    expect(await told(`tn,dgName,sedRecRef,corClaim,ext\n1x,A;GRP;;B,${ref},yes,<a/>\n`)).toEqual([
      expect.stringMatching(/column 5: ext '<a\/>': JSON: /),
      "n.csv: line 2, column 2: dgName 'A': 1 characters, not 3 to 80",
      "n.csv: line 2, column 2: dgName '': 0 characters, not 3 to 80",
      "n.csv: line 2, column 2: dgName 'B': 1 characters, not 3 to 80",
      `n.csv: line 2, column 1: tn '1x': ${exact}`,
      "n.csv: line 2, column 4: corClaim 'yes': true, false, 1 or 0",
      "n.csv: line 2, column 3: sedRecRef[0].sedKey.rant 'x': not namespace:value, the namespace a letter, then letters, digits, hyphens",
      "n.csv: line 2, column 3: sedRecRef[0].sedKey.type 'DestGrp': only SedRec here",
      "n.csv: line 2, column 3: sedRecRef[0].priority '-1': a whole number from 0 to 65535",
      "n.csv: line 2, column 3: sedRecRef[0].prio '1': no member of SedRecRefType",
    ]);
  });

  it('tell what several fields break together', async () => {
    expect(await told('startRange,endRange\n20,1\n')).toEqual([
      "n.csv: line 2, column 1: range '20-1': the start is after the end",
    ]);
    expect(await told('sedName,isInSvc,order,svcs,regx,repl\nREC,1,1,E2U+sip,,\n')).toEqual([
      "n.csv: line 2, column 5: regx '': a NAPTR has regx or repl",
    ]);
    const bad = '"{""ere"":""."",""repl"":""\\\\1""}"';
    expect(await told(`egrRteName,pref,regxRewriteRule\nRTE,1,${bad}\n`)).toEqual([
      expect.stringMatching(/^n.csv: line 2, column 3: regxRewriteRule.repl '\\1': /),
    ]);
  });

  it('have names with a semicolon and a backslash in lists', async () => {
    const [line] = await linesIn('tn,dgName\n1,"a\\;b;cc\\\\;d\\e,f"\n');
    expect(line).toMatchObject({ item: { subject: { dgName: ['a;b', 'cc\\', 'd\\e,f'] } } });
  });

  it('are read past in what the registry sets', async () => {
    const [line] = await linesIn('tn,cDate,mDate,cor,corDate\n1,x,x,x,x\n');
    expect(line).toEqual({
      line: 2,
      item: { verb: 'add', subject: { kind: 'TNType', ...owner, tn: '1', dgName: [], sedRecRef: [] } },
    });
  });

  it('are read in UTF-16, with marks, packed, with any line end', async () => {
    const text = '\uFEFFtn,dgName\r\n1,GRÜN\r\n\r\n2,ROT\r\n';
    const good = ['2 1 GRÜN', '4 2 ROT'];
    expect(await told(text)).toEqual(good);
    expect(await told(Buffer.from(text, 'utf16le'))).toEqual(good);
    expect(await told(Buffer.from(text, 'utf16le').swap16())).toEqual(good);
    expect(await told(gzipSync(text))).toEqual(good);
    expect(await told(text.replaceAll('\r\n', '\r'))).toEqual(good);
    await expect(told(gzipSync(text).subarray(0, 30))).rejects.toThrow('n.csv: line 2: the gzip file is cut here');
  });

  it('before a cut or a damage of gzip are read, all of them', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `${index},G_${(index * 7919) % 20_000}`);
    const packed = gzipSync(`tn,dgName\n${lines.join('\n')}\n`);
    const wholeIn = (length: number) =>
      gunzipSync(packed.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH }).toString().split('\n').length - 1;
    for (const length of [packed.length - 1, packed.length - 30_000, 50_000, 4096, 700]) {
      const whole = wholeIn(length);
      const read: FormLine[] = [];
      const reading = async () => {
        for await (const some of formBatches(pieces(packed.subarray(0, length), 65_536), 'n.csv', owner))
          read.push(...some);
      };
      await expect(reading()).rejects.toThrow(
        `n.csv: line ${whole + 1}: the gzip file is cut here; get the whole file`,
      );
      expect(read.map(({ line }) => line)).toEqual(Array.from({ length: whole - 1 }, (_, index) => index + 2));
    }
    const damaged = Buffer.from(packed).fill(0xff, 60_000, 60_010);
    await expect(told(damaged)).rejects.toThrow(/^n.csv: line \d{4,5}: the gzip file is damaged here \(/);
  });

  it('that end amid a character of UTF-16 are refused, with the name of the file', async () => {
    const text = Buffer.concat([Buffer.from('\uFEFFtn\n1\n', 'utf16le'), Buffer.from('2')]);
    await expect(told(text)).rejects.toThrow('n.csv: line 3: not UTF-16LE, as its first bytes say');
  });

  it('that are not UTF-8 are refused with their bytes, one by one', async () => {
    expect(await told(Buffer.from('tn,dgName\n1,GR\xdcN\n2,GRP\n', 'latin1'))).toEqual([
      "n.csv: line 2, column 2: dgName 'GR\\xdcN': not UTF-8; save the file as UTF-8",
      '3 2 GRP',
    ]);
  });

  it('that are not UTF-8 are known by their key, and each bad field is told', async () => {
    const text = 'tn,dgName,ext\n+1202555,GR\xdcN,"\xe9, 2"\n+12\xb02,G\xc3\x9cN,\n';
    const lines = await linesIn(Buffer.from(text, 'latin1'));
    expect(lines.map((line) => 'key' in line && line.key)).toEqual(['+1202555', '+12\\xb02']);
    expect(lines.flatMap((line) => ('faults' in line ? line.faults.map(faultText) : []))).toEqual([
      "n.csv: line 2, column 2: dgName 'GR\\xdcN': not UTF-8; save the file as UTF-8",
      "n.csv: line 2, column 3: ext '\\xe9, 2': not UTF-8; save the file as UTF-8",
      "n.csv: line 3, column 1: tn '+12\\xb02': not UTF-8; save the file as UTF-8",
    ]);
    const json = '{"kind":"TNType","rant":"a:b","rar":"a:b","tn":"12\xb0","dgName":["G\xc3\x9cN"]}\n';
    const [line] = await linesIn(Buffer.from(`${json}{"kind":\xdc\n`, 'latin1'));
    expect(line).toMatchObject({
      line: 1,
      key: '12\\xb0',
      faults: [{ column: 51, rule: expect.stringMatching(/^not UTF-8/) }],
    });
  });

  it('with quotes that are none are known by their key', async () => {
    const [line] = await linesIn('dgName,tn\n"GRP,+12025550101\n');
    expect(line).toMatchObject({ key: '+12025550101' });
  });

  it('show direction marks, which are no part of a number', async () => {
    expect(await told('tn\n\u202d+12025550100\u202c\n')).toEqual([
      `n.csv: line 2, column 1: tn '\\u202d+12025550100\\u202c': ${exact}`,
    ]);
  });

  it('that are longer than any object are faults of their own', async () => {
    const long = 'x'.repeat(10_000_000);
    const rule = 'the line has more than 1048576 characters, which no object needs';
    expect(await told(`tn,dgName\n1,GRP_A\n2,"a,${long}"\n3,GRP_A\n${long}\n5,GRP_A\n`)).toEqual([
      '2 1 GRP_A',
      `n.csv: line 3, column 2: dgName '2,"a,${'x'.repeat(75)}…': ${rule}`,
      '4 3 GRP_A',
      `n.csv: line 5, column 1: tn '${'x'.repeat(80)}…': ${rule}`,
      '6 5 GRP_A',
    ]);
    const json = (tn: string) => JSON.stringify({ kind: 'TNType', rant: 'a:b', rar: 'a:b', tn });
    expect(await told(`${json('1')}\n${json(long)}\n${json('3')}\n`)).toEqual([
      '1 1 ',
      `n.csv: line 2, column 1048577: '${json(long).slice(0, 80)}…': ${rule}`,
      '3 3 ',
    ]);
    await expect(told(`${long}\n1\n`)).rejects.toThrow(`n.csv: line 1, column 1: 'xxx`);
  });

  it('with very many columns are one fault, and so is such a header: the first of its faults are told', async () => {
    const wide = Array.from({ length: 100_000 }, (_, index) => `c${index}`).join(',');
    expect(await told(`tn\n${wide}\n1\n`)).toEqual([
      expect.stringMatching(/^n.csv: line 2, column 2: 'c1,c2,.*…': 100000 fields; the header has 1$/),
      '3 1 ',
    ]);
    await expect(told(`${wide}\n1\n`)).rejects.toThrow(
      /^(?:n.csv: line 1, column \d+: 'c\d+': .*\n){20}and 99980 more$/,
    );
  });

  it('about the same object are faults, however it is spelled, but not about that of another registrant', async () => {
    expect(await told('rant,tn\na:b,+1\na:b,1\nc:d,1\na:b,x\na:b,+1\n')).toEqual([
      '2 +1 ',
      "n.csv: line 3, column 2: '1': the same object as on line 2, which counts",
      '4 1 ',
      `n.csv: line 5, column 2: tn 'x': ${exact}`,
      "n.csv: line 6, column 2: '+1': the same object as on line 2, which counts",
    ]);
  });

  it('to delete need a key only', async () => {
    const lines = await linesIn('rant,tn,dgName\na:b,1,\na:b,2,x\n', { verb: 'delete' });
    expect(lines).toMatchObject([
      {
        line: 2,
        item: { verb: 'delete', subject: { kind: 'PubIdKeyType', rant: 'a:b', number: { type: 'TN', value: '1' } } },
      },
      { line: 3, item: { verb: 'delete' } },
    ]);
    const [record] = await linesIn('rant,sedName\na:b,REC\n', { verb: 'delete' });
    expect(record).toMatchObject({ item: { subject: { kind: 'ObjKeyType', type: 'SedRec', name: 'REC' } } });
  });
});

describe('NDJSON', () => {
  it('has objects of our types, one a line; every fault is told', async () => {
    const good = { kind: 'TNType', ...owner, tn: '1', corInfo: { corClaim: true, cor: false }, cDate: 'x' };
    const bad = { kind: 'TNType', tn: 12, foo: 1, dgName: 'GRP', sedRecRef: [{}] };
    const lines = await linesIn(`${JSON.stringify(good)}\n\n${JSON.stringify(bad)}\n{"kind":\n[]\n`);
    expect(lines[0]).toEqual({
      line: 1,
      item: {
        verb: 'add',
        subject: { kind: 'TNType', ...owner, tn: '1', dgName: [], sedRecRef: [], corInfo: { corClaim: true } },
      },
    });
    expect(lines.slice(1).flatMap((line) => ('faults' in line ? line.faults.map(faultText) : []))).toEqual([
      "n.csv: line 3, column 34: dgName 'GRP': a list in JSON, […]",
      "n.csv: line 3, column 18: tn '12': a text, in quotes",
      "n.csv: line 3, column 1: sedRecRef[0].sedKey '': missing",
      "n.csv: line 3, column 1: sedRecRef[0].priority '': missing",
      "n.csv: line 3, column 26: foo '1': no member of TNType",
      expect.stringMatching(/^n.csv: line 4, column 9: '\{"kind":': JSON, one object a line: /),
      expect.stringMatching(/^n.csv: line 5, column 1: kind '': one of DestGrpType, TNType/),
    ]);
  });
});

describe('NDJSON to delete', () => {
  it('has objects or their keys; only the keys are looked at', async () => {
    const text = [
      '{"kind":"TNType","rant":"a:b","tn":"1","dgName":5}',
      '{"kind":"SedGrpType","rant":"a:b","foo":1}',
    ].join('\n');
    const [number, group] = await linesIn(text, { verb: 'delete' });
    expect(number).toMatchObject({
      item: { verb: 'delete', subject: { rant: 'a:b', number: { type: 'TN', value: '1' } } },
    });
    expect(group && 'faults' in group ? group.faults.map(faultText) : []).toEqual([
      "n.csv: line 2, column 1: sedGrpName '': missing",
      "n.csv: line 2, column 35: foo '1': no member of SedGrpType",
    ]);
  });
});

describe('a file without lines', () => {
  const expected = 'expected is a first line with the names of the columns, as in rant,rar,tn,dgName, or NDJSON';
  it.each([
    ['', 'the file is empty'],
    ['\n \r\n\n', 'the file has only blank lines'],
    ['\uFEFF', 'the file has only blank lines'],
  ])('is refused if it has no header: %j', async (text, what) => {
    await expect(told(text)).rejects.toThrow(`n.csv: line 1: ${what}; ${expected}`);
  });

  it('has nothing to send if it has only a header', async () => {
    expect(await told('tn,dgName\n\n')).toEqual([]);
  });
});

describe('an SPPP message', () => {
  const message = (body: string, name = 'spppAddRequest') =>
    `<?xml version="1.0"?>
<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" xmlns:s="urn:ietf:params:xml:ns:sppf:soap:1"
  xmlns:b="urn:ietf:params:xml:ns:sppf:base:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<S:Body><s:${name}>
${body}
</s:${name}></S:Body></S:Envelope>`;
  const tn = (number: string) =>
    `<obj xsi:type="b:TNType"><b:rant>a:b</b:rant><b:rar>a:b</b:rar>\n<b:tn>${number}</b:tn></obj>`;

  it('is read with the line of each object, and its fault', async () => {
    expect(await told(message(`${tn('1')}\n${tn('x')}\n${tn('3')}`))).toEqual([
      '5 1 ',
      `n.csv: line 7: tn 'x': ${exact}`,
      '9 3 ',
    ]);
  });

  it('that is cut has the objects before the cut', async () => {
    const text = message(`${tn('1')}\n${tn('2')}\n${tn('3')}`);
    const read: FormLine[] = [];
    const reading = async (bytes: Buffer) => {
      for await (const some of formBatches(pieces(bytes, 65_536), 'n.xml', {})) read.push(...some);
    };
    await expect(reading(Buffer.from(text.slice(0, text.lastIndexOf('<obj') + 9)))).rejects.toThrow(
      /^n.xml: line \d+: cannot be read as/,
    );
    expect(read.map(({ line }) => line)).toEqual([5, 7]);
  });

  it('may delete, accept and reject', async () => {
    const key = '<rant>a:b</rant><name>GRP</name><type>DestGrp</type>';
    const [line] = await linesIn(message(`<objKey xsi:type="s:ObjKeyType">${key}</objKey>`, 'spppDelRequest'));
    expect(line).toMatchObject({ item: { verb: 'delete', subject: { name: 'GRP', type: 'DestGrp' } } });
  });

  it.each([
    [message(tn('1')).slice(0, -30), 'an SPPP message: '],
    [message(tn('1').replaceAll('b:tn', 'b:number')), 'number is not an element of TNType'],
    [message('', 'spppServerStatusRequest'), "'spppServerStatusRequest': an SPPP message that changes objects"],
    ['<html/>', 'the document is not a SOAP envelope but "html"'],
  ])('that is none is refused', async (text, rule) => {
    await expect(told(text)).rejects.toThrow(rule);
  });
});
