/**
 * Numbers of the protocol: header layout, types, classes, codes, limits.
 * RFC 1035 section 4.1.1 (header), section 2.3.4 (limits); RFC 6891 (EDNS); RFC 7828 (keepalive), RFC 8914
 * (extended errors).
 */

export const HEADER_BYTES = 12;
export const MAX_NAME_BYTES = 255;
export const MAX_LABEL_BYTES = 63;
export const MAX_MESSAGE_BYTES = 65_535;

/** Largest UDP payload of a client without EDNS, RFC 1035 section 4.2.1. */
export const PLAIN_UDP_BYTES = 512;

/** Our own maximum UDP payload: what crosses every path unfragmented (DNS flag day 2020). */
export const EDNS_UDP_BYTES = 1232;

/** Of a record, behind its owner name: type, class, TTL and length of the RDATA. RFC 1035 section 3.2.1. */
export const RECORD_FIXED_BYTES = 10;
/** Of an OPT record without options, its owner the root: RFC 6891 section 6.1.2. */
export const OPT_BYTES = 1 + RECORD_FIXED_BYTES;
/** DO, in the flags of an OPT record: RFC 3225 section 3. */
export const DNSSEC_OK = 0x8000;
/** Largest offset that a compression pointer can hold: 14 bits, RFC 1035 section 4.1.4. */
export const MAX_POINTER_OFFSET = 0x3fff;

/** Bits of the 16-bit flags field. */
export const FLAG = {
  qr: 0x8000,
  aa: 0x0400,
  tc: 0x0200,
  rd: 0x0100,
  ra: 0x0080,
  ad: 0x0020,
  cd: 0x0010,
  opcodeMask: 0x7800,
  rcodeMask: 0x000f,
} as const;

export const OPCODE_QUERY = 0;

export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SIG: 24,
  SRV: 33,
  OPT: 41,
  DS: 43,
  SVCB: 64,
  HTTPS: 65,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

export const CLASS_IN = 1;

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  /** Extended: the upper eight bits travel in the OPT record, RFC 6891 section 6.1.3. */
  BADVERS: 16,
} as const;

/** INFO-CODE of an Extended DNS Error, RFC 8914 section 4. */
export const EXTENDED_ERROR = {
  staleAnswer: 3,
  notReady: 14,
  noReachableAuthority: 22,
  networkError: 23,
} as const;

export const EDNS_OPTION_TCP_KEEPALIVE = 11;
export const EDNS_OPTION_EXTENDED_ERROR = 15;
