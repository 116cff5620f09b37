import type { SvcMenu } from '../sppp/message.js';
import { baseNs, detailNs, modeNs } from '../sppp/namespaces.js';

/** The protocol versions and extensions of this server (RFC 7878 §7.2.9). */
export function svcMenu(serverStatus: SvcMenu['serverStatus'] = 'inService'): SvcMenu {
  return {
    serverStatus,
    majMinVersion: ['1.0', '1.1'],
    objURI: [baseNs],
    extURI: [`${modeNs}partial`, `${modeNs}validate`, detailNs],
  };
}
