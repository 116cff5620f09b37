/** The supported versions of SOAP: the RFC's text requires 1.2, its WSDL and examples use 1.1 (RFC 7878 §3, §9). */
export type SoapVersion = '1.1' | '1.2';

export const envelopeNamespaces: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
};

/** The Content-Type of an answer; constant, never built from the client's text. */
export const mediaTypes: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'text/xml; charset=utf-8',
  '1.2': 'application/soap+xml; charset=utf-8',
};

/** The version whose envelope namespace this is, or undefined. */
export function versionOfEnvelope(uri: string): SoapVersion | undefined {
  if (uri === envelopeNamespaces['1.1']) return '1.1';
  if (uri === envelopeNamespaces['1.2']) return '1.2';
  return undefined;
}
