/** Namespaces of the protocol (RFC 7878 §9, RFC 7877 §12) and of XML Schema instances. */
export const soapNs = 'urn:ietf:params:xml:ns:sppf:soap:1';
export const baseNs = 'urn:ietf:params:xml:ns:sppf:base:1';
export const xsiNs = 'http://www.w3.org/2001/XMLSchema-instance';
/** This server's namespace of the `failure` element, declared in wsdl/sppp-detail.xsd. */
export const detailNs = 'urn:sppp-server:detail:1';
/** The beginning of what names a mode of this server beside the RFC's, in its status. */
export const modeNs = 'urn:sppp-server:mode:';
