import type { SoapVersion } from './version.js';

export interface SoapContentType {
  readonly version: SoapVersion;
  /** In lower case. */
  readonly charset?: string;
  /** The `action` parameter (RFC 3902), which replaces the SOAPAction header in SOAP 1.2. */
  readonly action?: string;
}

const versions: ReadonlyMap<string, SoapVersion> = new Map([
  ['text/xml', '1.1'],
  ['application/soap+xml', '1.2'],
]);

/**
 * One parameter with the semicolon before it; a lone semicolon is allowed (RFC 9110 §5.6.6). Clients write an action
 * without quotes, although a URI is not a token.
 */
const parameter = /[\t ]*;[\t ]*(?:([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\t ";,]*)))?/gy;

/**
 * Reads the Content-Type of a request. Undefined if it is not SOAP's: another media type, none, a malformed
 * header, or a repeated parameter.
 */
export function readContentType(header: string | undefined): SoapContentType | undefined {
  if (header === undefined) return undefined;
  const [type = ''] = header.split(';', 1);
  const version = versions.get(type.trim().toLowerCase());
  if (version === undefined) return undefined;
  const parameters = readParameters(header.slice(type.length).trimEnd());
  if (parameters === undefined) return undefined;
  const charset = parameters.get('charset')?.toLowerCase();
  const action = parameters.get('action')?.trim();
  return { version, ...(charset ? { charset } : {}), ...(action ? { action } : {}) };
}

/** The SOAPAction header of SOAP 1.1 with or without its quotes; undefined if it is missing or empty. */
export function readSoapAction(header: string | undefined): string | undefined {
  const bare = header
    ?.trim()
    .replace(/^"(.*)"$/, '$1')
    .trim();
  return bare === '' ? undefined : bare;
}

function readParameters(text: string): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  let end = 0;
  for (const match of text.matchAll(parameter)) {
    end = match.index + match[0].length;
    const [, name, quoted, bare = ''] = match;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    if (parameters.has(key)) return undefined;
    parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? bare);
  }
  return end === text.length ? parameters : undefined;
}
