/** Bytes or text that are not what the DNS allows; caught where the bytes came in. */
export class FormatError extends Error {
  readonly code = 'ERR_FORMAT';
  override readonly name = 'FormatError';
}
