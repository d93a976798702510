/** An image of a table that is damaged; the message says why. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly code = 'ERR_TABLE_IMAGE';
}

/** An image that is as it was written, of something else: another version, machine, layout or configuration. */
export class OtherImageError extends Error {
  override readonly name = 'OtherImageError';
  readonly code = 'ERR_OTHER_TABLE_IMAGE';
}
