import { envelopeNamespaces, type SoapVersion } from './version.js';
import { envelopeClose, envelopeOpen, escapeAttribute, escapeText } from './write-xml.js';
import type { XmlName } from './xml-events.js';

/** Named as in SOAP 1.1 §4.4.1; SOAP 1.2 calls Client and Server Sender and Receiver. */
export type FaultCode = 'Client' | 'Server' | 'VersionMismatch' | 'MustUnderstand';

const soap12Codes: Readonly<Record<FaultCode, string>> = {
  Client: 'Sender',
  Server: 'Receiver',
  VersionMismatch: 'VersionMismatch',
  MustUnderstand: 'MustUnderstand',
};

/** Thrown for a message that cannot be read as SPPP, so that no response element exists for it. */
export class SoapFault extends Error {
  override readonly name = 'SoapFault';
  readonly code: FaultCode;
  readonly reason: string;
  /** With MustUnderstand: the header block at fault. */
  readonly notUnderstood: XmlName | undefined;

  constructor(code: FaultCode, reason: string, notUnderstood?: XmlName) {
    super(reason);
    this.code = code;
    this.reason = reason;
    this.notUnderstood = notUnderstood;
  }
}

/** The HTTP status of an answer that is a fault: SOAP 1.1 §6.2, SOAP 1.2 Part 2 §7.5.2.2. */
export function faultStatus(version: SoapVersion, code: FaultCode): 400 | 500 {
  return version === '1.2' && code === 'Client' ? 400 : 500;
}

/** A complete message with the fault, in the given version of SOAP. */
export function writeFault(version: SoapVersion, fault: SoapFault): string {
  return `${envelopeOpen(version, headerOf(version, fault))}${version === '1.1' ? fault11(fault) : fault12(fault)}${envelopeClose()}`;
}

/** The published SOAP 1.1 schema admits no attribute on faultstring: its language is that of the Body. */
function fault11({ code, reason }: SoapFault): string {
  return `<S:Fault><faultcode>S:${code}</faultcode><faultstring>${escapeText(reason)}</faultstring></S:Fault>`;
}

function fault12({ code, reason }: SoapFault): string {
  return `<S:Fault><S:Code><S:Value>S:${soap12Codes[code]}</S:Value></S:Code><S:Reason><S:Text xml:lang="en">${escapeText(reason)}</S:Text></S:Reason></S:Fault>`;
}

/** The header blocks that SOAP 1.2 Part 1 §5.4.7 and §5.4.8 put beside these two faults. */
function headerOf(version: SoapVersion, { code, notUnderstood }: SoapFault): string {
  if (version === '1.1') return '';
  if (code === 'VersionMismatch') {
    const { '1.1': soap11, '1.2': soap12 } = envelopeNamespaces;
    return `<S:Upgrade><S:SupportedEnvelope xmlns:E="${soap12}" qname="E:Envelope"/><S:SupportedEnvelope xmlns:E="${soap11}" qname="E:Envelope"/></S:Upgrade>`;
  }
  if (code === 'MustUnderstand' && notUnderstood !== undefined) {
    const { uri, local } = notUnderstood;
    // SOAP requires that blocks have a namespace; a block without one needs no prefix.
    if (uri === '') return `<S:NotUnderstood qname="${escapeAttribute(local)}"/>`;
    return `<S:NotUnderstood xmlns:h="${escapeAttribute(uri)}" qname="h:${escapeAttribute(local)}"/>`;
  }
  return '';
}
