/** Something that stands in the way of a start and that the operator has to mend. */
export class StartError extends Error {
  readonly code: string;
  override readonly name = 'StartError';

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}
