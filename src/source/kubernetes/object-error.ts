/**
 * An object whose bytes are sound, but of which nothing can be served: a port of no known protocol, say. It costs
 * itself, and not the connection, as the next list would bring it again.
 */
export class ObjectError extends Error {
  readonly code = 'ERR_OBJECT';
  override readonly name = 'ObjectError';
}
