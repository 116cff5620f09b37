/** DNS numbers that this folder uses (RFC 1035 §3.2, §4.1.1; RFC 6891 §9; RFC 8945 §3). */

export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  /** Its upper bits are in the OPT record. */
  BADVERS: 16,
} as const;

export type Rcode = (typeof Rcode)[keyof typeof Rcode];

export const Type = {
  A: 1,
  NS: 2,
  SOA: 6,
  AAAA: 28,
  NAPTR: 35,
  OPT: 41,
  DS: 43,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
} as const;

export const CLASS_IN = 1;
export const CLASS_ANY = 255;
