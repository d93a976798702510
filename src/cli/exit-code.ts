/** What a command's exit code says. */
export const EXIT = {
  ok: 0,
  /** It could not be done. */
  failed: 1,
  /** The arguments or the configuration are wrong. */
  usage: 2,
  /** Nobody responded in time (query). */
  noResponse: 3,
} as const;
