/** What is held is not what the server has. */
export class OutOfStepError extends Error {
  override readonly name = 'OutOfStepError';
  readonly code = 'ERR_OUT_OF_STEP';
}
