/**
 * Maximum lengths of lists in objects, as sent: small enough that a look-up of a number whose objects have all of them
 * at the maximum ends in time, and large enough for practice.
 */

/** Destination groups of a public identifier: each leads to SED groups of its own. */
export const MAX_DEST_GRPS = 10;

/** References to SED records of an SED group, or of a number itself. */
export const MAX_SED_RECS = 32;

/** Destination groups of an SED group. */
export const MAX_SERVED_DEST_GRPS = 1000;

/** Peers of an SED group. They are ignored, but an object that Get returned can be added again. */
export const MAX_PEERS = 10_000;

/** Source criteria of an SED group: every look-up that leads to the group tries them. */
export const MAX_SOURCES = 50;

/** Characters of all source criteria of an SED group together, with their intervals expanded. */
export const MAX_SOURCES_SIZE = 1000;

/** Addresses of a name server. */
export const MAX_ADDRESSES = 20;

/** Ingress SED groups of an egress route. */
export const MAX_INGRESS_SED_GRPS = 1000;
