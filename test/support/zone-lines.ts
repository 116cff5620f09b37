/** Reads lines of a zone file as RFC 1035 §5.1 has them, with nothing but records: no directive, comment or parenthesis. */

export interface ZoneLine {
  /** Labels or character-strings in octets, one a character; `quoted` distinguishes them from plain words. */
  readonly tokens: readonly { readonly text: string; readonly isQuoted: boolean }[];
  readonly owner: string;
  readonly ttl: number | undefined;
  readonly type: string;
  /** What is behind the type. */
  readonly data: readonly string[];
}

export function readZone(text: string): ZoneLine[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line does not end');
  return text.split('\n').slice(0, -1).map(readLine);
}

function readLine(line: string): ZoneLine {
  const tokens: { text: string; isQuoted: boolean }[] = [];
  const pattern = /"((?:[^"\\]|\\\d{3}|\\[^\d])*)"|((?:[A-Za-z0-9_.@+*/:=-]|\\\d{3}|\\[\x21-\x2f\x3a-\x7e])+)| /gy;
  for (let at = 0; at < line.length; at = pattern.lastIndex) {
    const [all, quoted, word] = pattern.exec(line) ?? [];
    if (all === undefined) throw new Error(`not a record at ${at}: ${line}`);
    if (all === ' ') continue;
    if (/[^\x20-\x7e]/.test(all)) throw new Error(`not ASCII: ${line}`);
    tokens.push({ text: quoted ?? word ?? '', isQuoted: quoted !== undefined });
  }
  const words = tokens.map(({ text }) => text);
  const [owner = '', ...rest] = words;
  const ttl = /^\d+$/.test(rest[0] ?? '') ? Number(rest.shift()) : undefined;
  const [recordClass, type = '', ...data] = rest;
  if (recordClass !== 'IN' || owner.startsWith('$')) throw new Error(`not a record: ${line}`);
  return { tokens, owner, ttl, type, data };
}

/** A character-string's or label's octets, one a character. */
export function unescaped(text: string): string {
  return text.replace(/\\(\d{3}|.)/g, (_, what: string) =>
    what.length === 3 ? String.fromCharCode(Number(what)) : what,
  );
}

/** The labels of an absolute name; throws for a relative one. */
export function labelsIn(name: string): string[] {
  if (name === '.') return [];
  const labels = name.match(/(?:[^.\\]|\\\d{3}|\\[^\d])+\./g) ?? [];
  if (labels.join('') !== name) throw new Error(`not an absolute name: ${name}`);
  return labels.map((label) => unescaped(label.slice(0, -1)));
}
