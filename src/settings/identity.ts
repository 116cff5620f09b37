import { identifier, optionalText, type ValuesOf } from './setting.js';

/** The names of the server, its node and its operator, for clients. */
export const identity = {
  system: identifier({
    name: 'SPPP_SYSTEM_ID',
    default: 'sppp-server',
    meaning: 'Name of all nodes together, in `SPPP-Trace` headers and `GET /about`',
    usedBy: ['serve', 'demo'],
  }),
  node: identifier({
    name: 'SPPP_NODE_ID',
    defaultNote: "the machine's name",
    meaning: 'Name of this node, in `SPPP-Trace` headers of level `full`',
    usedBy: ['serve', 'demo'],
  }),
  operator: optionalText({
    name: 'SPPP_OPERATOR',
    meaning: 'Name of the operator, in `GET /about`',
    usedBy: ['serve', 'demo'],
  }),
  contact: optionalText({
    name: 'SPPP_CONTACT',
    meaning: 'How to reach the operator, in `GET /about`',
    usedBy: ['serve', 'demo'],
  }),
  privacyPolicy: optionalText({
    name: 'SPPP_PRIVACY_POLICY',
    meaning: "URL of the operator's privacy policy, in `GET /about`",
    usedBy: ['serve', 'demo'],
  }),
} as const;

export type Identity = ValuesOf<typeof identity>;
