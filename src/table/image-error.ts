/** An image of a table that is of no use; the message says why. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly code = 'ERR_TABLE_IMAGE';
}
