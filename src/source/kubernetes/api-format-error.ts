/** Bytes of the API server that are not what they should be: whoever reads them drops the connection. */
export class ApiFormatError extends Error {
  readonly code = 'ERR_API_FORMAT';
  override readonly name = 'ApiFormatError';
}
