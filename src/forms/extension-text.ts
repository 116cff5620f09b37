import { SoapFault } from '../soap/fault.js';
import { readExtension } from '../sppp/read-extension.js';
import { RequestRefusedError } from '../sppp/request-refused.js';
import type { Refusal } from '../values/refusal.js';

/**
 * The content of an `ext` as the server would store it: elements of other namespaces, namespace-well-formed by
 * themselves. A Refusal for a text that is no such XML.
 */
export function readExtensionText(text: string): string | Refusal {
  try {
    const { fault, isEmpty, xml } = readExtension(text);
    if (fault !== undefined) return { error: fault.reason };
    return isEmpty ? { error: 'one or more elements of XML' } : xml;
  } catch (error) {
    if (error instanceof SoapFault) return { error: `XML: ${error.message}` };
    if (error instanceof RequestRefusedError) return { error: error.result.reason ?? 'XML of another namespace' };
    throw error;
  }
}
