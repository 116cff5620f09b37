import { SoapFault } from './fault.js';
import { type SoapVersion, versionOfEnvelope } from './version.js';
import type { XmlElement, XmlHandler } from './xml-events.js';

/** The position of the next event in the message. */
type Position = 'outside' | 'envelope' | 'header' | 'block' | 'body' | 'payload';

const notBlank = /[^\t\n\r ]/;

/** The roles of header blocks that this server has (SOAP 1.1 §4.2.2, SOAP 1.2 Part 1 §2.2). */
const ownRoles: ReadonlySet<string> = new Set([
  '',
  'http://schemas.xmlsoap.org/soap/actor/next',
  'http://www.w3.org/2003/05/soap-envelope/role/next',
  'http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver',
]);

/**
 * Checks the SOAP envelope, 1.1 or 1.2, and passes on only the single child of the Body. SPPP relies on no header block
 * (RFC 7878 §3), so the reader skips all, and one that must be understood is a fault. Throws SoapFault for any other
 * document.
 */
export class Envelope implements XmlHandler {
  readonly #payload: XmlHandler;
  #position: Position = 'outside';
  /** Open elements of the header block or the payload, including itself. */
  #depth = 0;
  #version: SoapVersion | undefined;
  #sawHeader = false;
  #sawBody = false;
  #sawPayload = false;

  constructor(payload: XmlHandler) {
    this.#payload = payload;
  }

  /** Undefined before the root element. */
  get version(): SoapVersion | undefined {
    return this.#version;
  }

  open(element: XmlElement): void {
    switch (this.#position) {
      case 'outside':
        this.#openEnvelope(element);
        break;
      case 'envelope':
        this.#openPart(element);
        break;
      case 'header':
        this.#openBlock(element);
        break;
      case 'block':
        this.#depth += 1;
        break;
      case 'body':
        if (this.#sawPayload) throw new SoapFault('Client', 'the Body holds more than one element');
        this.#sawPayload = true;
        this.#position = 'payload';
        this.#depth = 1;
        this.#payload.open(element);
        break;
      case 'payload':
        this.#depth += 1;
        this.#payload.open(element);
    }
  }

  text(text: string): void {
    switch (this.#position) {
      case 'payload':
        this.#payload.text(text);
        break;
      case 'block':
        break;
      default:
        if (notBlank.test(text)) throw new SoapFault('Client', 'there is text between the elements of the envelope');
    }
  }

  close(): void {
    switch (this.#position) {
      case 'payload':
        this.#payload.close();
        this.#depth -= 1;
        if (this.#depth === 0) this.#position = 'body';
        break;
      case 'block':
        this.#depth -= 1;
        if (this.#depth === 0) this.#position = 'header';
        break;
      case 'body':
        if (!this.#sawPayload) throw new SoapFault('Client', 'the Body is empty');
        this.#position = 'envelope';
        break;
      case 'header':
        this.#position = 'envelope';
        break;
      default:
        if (!this.#sawBody) throw new SoapFault('Client', 'the Envelope has no Body');
        this.#position = 'outside';
    }
  }

  #openEnvelope({ uri, local }: XmlElement): void {
    if (local !== 'Envelope') throw new SoapFault('Client', `the document is not a SOAP envelope but "${local}"`);
    this.#version = versionOfEnvelope(uri);
    if (this.#version === undefined) {
      throw new SoapFault('VersionMismatch', 'the Envelope is in neither the SOAP 1.1 nor the SOAP 1.2 namespace');
    }
    this.#position = 'envelope';
  }

  /** SOAP 1.1 allows elements after the Body; SOAP 1.2 and the WS-I Basic Profile (R1011) do not. */
  #openPart({ uri, local }: XmlElement): void {
    const isSoap = versionOfEnvelope(uri) === this.#version;
    if (isSoap && local === 'Header' && !this.#sawHeader && !this.#sawBody) {
      this.#sawHeader = true;
      this.#position = 'header';
    } else if (isSoap && local === 'Body' && !this.#sawBody) {
      this.#sawBody = true;
      this.#position = 'body';
    } else {
      throw new SoapFault('Client', `"${local}" is not where SOAP has a Header and then a Body`);
    }
  }

  #openBlock(block: XmlElement): void {
    if (mustBeUnderstood(block, this.#version)) {
      throw new SoapFault('MustUnderstand', `the header block "${block.local}" is not understood`, block);
    }
    this.#position = 'block';
    this.#depth = 1;
  }
}

/** Reads xs:boolean in both versions: SOAP 1.1 has 0 and 1 only, but clients send "true" there too. */
function mustBeUnderstood(block: XmlElement, version: SoapVersion | undefined): boolean {
  if (!ownRoles.has(soapAttribute(block, version, version === '1.1' ? 'actor' : 'role'))) return false;
  const value = soapAttribute(block, version, 'mustUnderstand');
  if (value === '1' || value === 'true') return true;
  if (value === '' || value === '0' || value === 'false') return false;
  throw new SoapFault('Client', `mustUnderstand of the header block "${block.local}" is neither true nor false`);
}

/**
 * The value of an attribute in the envelope's namespace without white space around it; '' if the block has no such
 * attribute.
 */
function soapAttribute(block: XmlElement, version: SoapVersion | undefined, local: string): string {
  const found = block.attributes.find((each) => each.local === local && versionOfEnvelope(each.uri) === version);
  return found?.value.trim() ?? '';
}
